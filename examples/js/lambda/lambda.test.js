import assert from "node:assert/strict";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./lambda.js";

it("says what came in", async () => {
  const event = mockHttpEvent({ httpMethod: "POST", path: "/lambda", payload: { a: 1 }, headers: { "X-One": "1" } });
  const { body } = await handler(event, mockContext({ functionName: "lambda" }));
  assert.equal(body.event.httpMethod, "POST");
  assert.equal(body.event.headers["x-one"], "1");
  assert.equal(body.event.body, '{"a":1}');
  assert.equal(body.context.functionName, "lambda");
});

it("gives a binary body back as it came", async () => {
  const event = mockHttpEvent({ payload: "\u0000\u0001", isBase64Encoded: true, queryStringParameters: { body: "only" } });
  assert.deepEqual(await handler(event, mockContext()), {
    statusCode: 200,
    headers: { "content-type": "application/octet-stream" },
    body: "AAE=",
    isBase64Encoded: true,
  });
});

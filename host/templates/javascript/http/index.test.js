// The handler as the function that it is, without a host and without WebAssembly.
import assert from "node:assert/strict";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./index.EXT";

const get = (queryStringParameters) =>
  handler(mockHttpEvent({ path: "/NAME", queryStringParameters }), mockContext());

it("greets by name", async () => {
  assert.deepEqual(await get({ name: "Ada" }), { statusCode: 200, body: { greeting: "Hello, Ada!" } });
});

it("greets the world without a name, and as often as asked", async () => {
  const { body } = await get({ times: "2" });
  assert.deepEqual(body, { greeting: "Hello, world! Hello, world!" });
});

it("says what is wrong with a query", async () => {
  const { statusCode, body } = await get({ times: "many" });
  assert.equal(statusCode, 400);
  assert.match(body.error, /^query: /);
});

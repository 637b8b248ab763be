import assert from "node:assert/strict";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./echo.js";

const call = (queryStringParameters, options = {}) =>
  handler(mockHttpEvent({ queryStringParameters }), mockContext({ functionName: "echo", ...options }));

it("says what came in, in the contract's words", async () => {
  const headers = [["x-two", "1"], ["x-two", "2"]];
  const { body } = await call({}, {
    event: { path: "/echo", query: "a=1", headers, body: new TextEncoder().encode("grüße") },
    delivery: { scheme: "github", id: "7", secret: "HOOK" },
    identity: { provider: "demo", subject: "ada", roles: ["admin"], claims: { plan: "free" } },
  });
  assert.equal(body.event.query, "a=1");
  assert.deepEqual(body.event.headers, headers);
  assert.equal(body.event.body, "grüße");
  assert.equal(body.context.function, "echo");
  assert.equal(body.context.trigger, "http");
  assert.deepEqual(body.context.delivery, { scheme: "github", id: "7", event_type: null, timestamp: null, secret: "HOOK" });
  assert.deepEqual(body.context.identity, { provider: "demo", subject: "ada", roles: ["admin"], claims: { plan: "free" } });
});

it("gives a body back as it came", async () => {
  const bytes = new Uint8Array([0, 255, 128]);
  assert.deepEqual(await call({ raw: "" }, { event: { body: bytes } }), { body: bytes });
});

it("fails when it is asked to", async () => {
  await assert.rejects(call({ fail: "no such order" }), /^Error: no such order$/);
});

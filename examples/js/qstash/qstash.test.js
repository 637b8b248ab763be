import assert from "node:assert/strict";
import { it } from "node:test";

import { mockContext, mockHttpEvent, reset } from "@vestibule/function/testing";

import { handler } from "./qstash.ts";

it("works on what the host has verified", async () => {
  mockContext({ delivery: { scheme: "qstash", id: "msg_1", secret: "QSTASH_CURRENT_SIGNING_KEY" } });
  assert.equal((await handler(mockHttpEvent({ payload: "work" }))).statusCode, 200);
});

it("does nothing where the policy verifies nothing", async () => {
  reset();
  assert.equal((await handler(mockHttpEvent({ payload: "work" }))).statusCode, 401);
});

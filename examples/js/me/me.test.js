import assert from "node:assert/strict";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./me.ts";

it("says who is calling", async () => {
  const context = mockContext({ identity: { subject: "ada", roles: ["admin"] } });
  assert.deepEqual(await handler(mockHttpEvent(), context), { statusCode: 200, body: { id: "ada", roles: ["admin"], admin: true } });
});

it("knows nobody without a caller", async () => {
  assert.deepEqual(await handler(mockHttpEvent(), mockContext()), { statusCode: 401 });
});

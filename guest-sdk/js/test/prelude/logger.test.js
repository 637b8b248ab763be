/** Redwood's logger: what is to be hidden is hidden however it is wrapped. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { world } from "../../src/testing/world.js";
import { createLogger } from "../../src/redwood/logger.js";

test("a field that is to be hidden is hidden at any depth and behind toJSON", () => {
  const before = world.logs.length;
  const logger = createLogger();
  logger.info({ a: { b: { c: { d: { e: { f: { password: "deep-secret" } } } } } } }, "nested");
  logger.info({ user: { toJSON: () => ({ name: "Ada", password: "json-secret" }) } }, "wrapped");
  logger.info({ password: "plain-secret", kept: 1 }, "flat");
  const text = JSON.stringify(world.logs.slice(before));
  for (const secret of ["deep-secret", "json-secret", "plain-secret"]) {
    assert.ok(!text.includes(secret), text);
  }
  assert.ok(text.includes("Ada") && text.includes("kept") && text.includes("[Redacted]"), text);
});

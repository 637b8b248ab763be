import assert from "node:assert/strict";
import { it } from "node:test";

import { mockSignedWebhook } from "@vestibule/function/testing";

import { handler } from "./orbit-webhook.js";

process.env.ORBIT_WEBHOOK_SECRET = "s3cret-of-a-test";

const webhook = (secret, type) =>
  mockSignedWebhook({ payload: {}, signatureType: "orbit", secret, headers: { "X-Orbit-Event-Type": type } });

it("takes an activity, and no other event", async () => {
  assert.equal((await handler(webhook("s3cret-of-a-test", "activity:created"))).statusCode, 200);
  assert.equal((await handler(webhook("s3cret-of-a-test", "member:created"))).statusCode, 400);
});

it("refuses another secret", async () => {
  assert.equal((await handler(webhook("guessed", "activity:created"))).statusCode, 401);
});

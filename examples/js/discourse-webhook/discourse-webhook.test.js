import assert from "node:assert/strict";
import { it } from "node:test";

import { mockSignedWebhook } from "@vestibule/function/testing";

import { handler } from "./discourse-webhook.ts";

const SECRET = "s3cret-of-a-test";
process.env.DISCOURSE_WEBHOOK_SECRET = SECRET;

const webhook = (secret, signatureHeader = "X-Discourse-Event-Signature") =>
  mockSignedWebhook({ payload: { id: 7 }, signatureType: "sha256Verifier", signatureHeader, secret });

it("takes a genuine delivery", async () => {
  const { statusCode, body } = await handler(webhook(SECRET));
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(body), { data: { id: 7 } });
});

it("refuses a forged one, and one without a signature", async () => {
  assert.equal((await handler(webhook("guessed"))).statusCode, 401);
  assert.equal((await handler(webhook(SECRET, "X-Other"))).statusCode, 401);
});

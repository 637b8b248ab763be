import assert from "node:assert/strict";
import { it } from "node:test";

import { mockSignedWebhook } from "@vestibule/function/testing";

import { handler } from "./clerk-webhook.ts";

const SECRET = `whsec_${Buffer.from("a secret of a test, 32 bytes long").toString("base64")}`;
process.env.CLERK_WH_SECRET = SECRET;

const webhook = (secret) => mockSignedWebhook({ payload: { type: "user.created" }, signatureType: "clerk", secret });

it("takes a genuine delivery", async () => {
  assert.equal((await handler(webhook(SECRET))).statusCode, 200);
});

it("refuses a forged one", async () => {
  assert.equal((await handler(webhook("whsec_Z3Vlc3NlZA=="))).statusCode, 401);
});

import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { kv } from "@vestibule/function";
import { mockContext, mockSignedWebhook, reset } from "@vestibule/function/testing";

import { handler } from "./update-order-status.js";

beforeEach(() => {
  reset();
  for (const [trackingNumber, status] of [["1ZP5", "PLACED"], ["1ZS8", "SHIPPED"], ["1ZD9", "DELIVERED"]]) {
    kv.store("orders").setJson(trackingNumber, { trackingNumber, status });
  }
});

const verified = () => mockContext({ delivery: { scheme: "sha256Verifier", secret: "WEBHOOK_SECRET" } });

const update = async (payload, context = verified()) => {
  const event = mockSignedWebhook({
    payload,
    signatureType: "sha256Verifier",
    signatureHeader: "X-Webhook-Signature",
    secret: "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME",
  });
  const { statusCode, body } = await handler(event, context);
  return { statusCode, ...JSON.parse(body) };
};

it("moves an order on", async () => {
  for (const [trackingNumber, status] of [["new", "PLACED"], ["1ZP5", "SHIPPED"], ["1ZS8", "DELIVERED"]]) {
    const { statusCode, message, order } = await update({ trackingNumber, status });
    assert.equal(statusCode, 200);
    assert.equal(message, `Updated order ${trackingNumber} to ${status}`);
    assert.deepEqual(order, { trackingNumber, status });
    assert.deepEqual(kv.store("orders").getJson(trackingNumber), order);
  }
});

it("changes nothing that may not be changed", async () => {
  for (const [trackingNumber, status, expected] of [
    ["1ZD9", "DELIVERED", 409], ["1ZP5", "DELIVERED", 409], ["1ZS8", "PLACED", 409], ["gone", "SHIPPED", 404],
    ["1ZP5", "LOST", 400], ["1ZP5", "toString", 400], ["", "PLACED", 400],
  ]) {
    const { statusCode, message, reason } = await update({ trackingNumber, status });
    assert.equal(statusCode, expected, `${trackingNumber} ${status}`);
    assert.equal(message, "Unable to update the order status");
    assert.ok(reason);
  }
  assert.equal((await update("{")).statusCode, 400);
  assert.equal(kv.store("orders").getJson("1ZP5").status, "PLACED");
});

it("trusts no policy that verifies nothing", async () => {
  await assert.rejects(update({ trackingNumber: "1ZP5", status: "SHIPPED" }, mockContext()), /has no \[verify\]/);
});

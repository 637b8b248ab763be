import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { kv } from "@vestibule/function";
import { mockContext, mockSignedWebhook, reset } from "@vestibule/function/testing";

import { handler } from "./update-order-status.js";

beforeEach(() => {
  reset();
  const orders = kv.store("orders");
  orders.setJson("1ZP5", { id: 1, status: "PLACED" });
  orders.setJson("1ZS8", { id: 2, status: "SHIPPED" });
  orders.setJson("1ZD9", { id: 3, status: "DELIVERED" });
});

const update = async (payload) => {
  const event = mockSignedWebhook({
    payload,
    signatureType: "sha256Verifier",
    signatureHeader: "X-Webhook-Signature",
    secret: "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME",
  });
  const { statusCode, body } = await handler(event, mockContext());
  return { statusCode, ...JSON.parse(body) };
};

it("delivers an order that is shipped", async () => {
  const { statusCode, message, order } = await update({ trackingNumber: "1ZS8", status: "DELIVERED" });
  assert.equal(statusCode, 200);
  assert.match(message, /Updated order 2 to DELIVERED at /);
  assert.deepEqual(order, { id: 2, status: "DELIVERED" });
  assert.equal(kv.store("orders").getJson("1ZS8").status, "DELIVERED");
});

it("changes nothing that may not be changed", async () => {
  for (const [trackingNumber, status] of [["1ZD9", "DELIVERED"], ["1ZP5", "DELIVERED"], ["1ZS8", "PLACED"], ["gone", "SHIPPED"]]) {
    const { statusCode, error, message } = await update({ trackingNumber, status });
    assert.equal(statusCode, 500);
    assert.ok(error);
    assert.equal(message, "Unable to update the order status");
  }
  assert.equal(kv.store("orders").getJson("1ZP5").status, "PLACED");
});

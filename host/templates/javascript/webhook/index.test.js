// The handler as the function that it is, without a host and without WebAssembly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./index.EXT";

// What is sent with `host sign --policy`, too.
const PAYLOAD = readFileSync(new URL("fixtures/example.json", import.meta.url), "utf8");

// A call for which the host has found the signature genuine, by the scheme of `NAME.toml`.
const GENUINE = { delivery: { scheme: "SCHEME", id: "evt_1" } };

const receive = (payload, call = GENUINE) =>
  handler(mockHttpEvent({ httpMethod: "POST", path: "/NAME", payload }), mockContext(call));

it("says what it has received", async () => {
  const received = { received: "example.created", name: "Ada", delivery: "evt_1" };
  assert.deepEqual(await receive(PAYLOAD), { statusCode: 200, body: received });
});

it("says what is wrong with a payload", async () => {
  for (const payload of ["{", "[]", "null", '{"type": 7}']) {
    const { statusCode, body } = await receive(payload);
    assert.equal(statusCode, 400, payload);
    assert.match(body.error, /^body: /);
  }
});

it("does nothing for what was not verified", async () => {
  await assert.rejects(receive(PAYLOAD, {}), /no \[verify\]/);
});

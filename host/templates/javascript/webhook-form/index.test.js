// The handler as the function that it is, without a host and without WebAssembly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./index.EXT";

// What is sent with `host sign --policy`, too.
const PAYLOAD = readFileSync(new URL("fixtures/example.form", import.meta.url), "utf8");
const FORM = "application/x-www-form-urlencoded";

// A call for which the host has found the signature genuine, by the scheme of `NAME.toml`.
const GENUINE = { delivery: { scheme: "SCHEME", id: "evt_1" } };

const receive = (type, call = GENUINE) => {
  const headers = { "content-type": type };
  return handler(mockHttpEvent({ httpMethod: "POST", path: "/NAME", headers, payload: PAYLOAD }), mockContext(call));
};

it("says what it has received", async () => {
  const received = { received: ["amount", "name", "type"], delivery: "evt_1" };
  assert.deepEqual(await receive(FORM), { statusCode: 200, body: received });
});

it("says what is wrong with what is no form", async () => {
  assert.equal((await receive("application/json")).statusCode, 400);
});

it("does nothing for what was not verified", async () => {
  await assert.rejects(receive(FORM, {}), /no \[verify\]/);
});

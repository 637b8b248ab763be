// The handler as the function that it is, without a host and without WebAssembly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { mockContext, mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./index.EXT";

const CHANGE = readFileSync(new URL("fixtures/example.json", import.meta.url), "utf8");

// Calls of people whom the host knows, by the provider of `NAME.toml`.
const ADA = { identity: { provider: "NAME", subject: "ada", roles: ["editor"] } };
const BOB = { identity: { provider: "NAME", subject: "bob", roles: ["reader"] } };

const get = (call) => handler(mockHttpEvent({ path: "/NAME" }), mockContext(call));
const post = (payload, call) =>
  handler(mockHttpEvent({ httpMethod: "POST", path: "/NAME", payload }), mockContext(call));

it("says who is calling", async () => {
  assert.deepEqual(await get(ADA), { statusCode: 200, body: { subject: "ada", roles: ["editor"] } });
});

it("lets an editor change the title, and nobody else", async () => {
  assert.deepEqual((await post(CHANGE, ADA)).body, { by: "ada", title: "Opening hours" });
  assert.equal((await post(CHANGE, BOB)).statusCode, 403);
});

it("says what is wrong with a change", async () => {
  for (const payload of ["{", "null", "{}", '{"title": 7}']) {
    assert.equal((await post(payload, ADA)).statusCode, 400, payload);
  }
});

it("does nothing for nobody", async () => {
  await assert.rejects(get({}), /no \[auth\]/);
});

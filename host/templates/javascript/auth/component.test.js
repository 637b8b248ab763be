// The built component behind all gates, as the host serves it. `host test` builds it first; with
// `npm test` alone, that is for you to do: `host build`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { Host } from "@vestibule/function/testing";

const COMPONENT = fileURLToPath(new URL("../functions/NAME.wasm", import.meta.url));
const CHANGE = readFileSync(new URL("fixtures/example.json", import.meta.url));

// Keys that are good for these tests alone.
const ADA = "ada-1f0c8b6a4e2d9375c0b1a2f3e4d59687";
const BOB = "bob-78695a4b3c2d1e0f0011223344556677";

const entry = (name, key, role) => `
[[auth.NAME.keys]]
name = "${name}"
sha256 = "${createHash("sha256").update(key).digest("hex")}"
roles = ["${role}"]
`;

// The provider of `NAME.toml`, as host.toml has it, with these two keys.
const PROVIDER = '[auth.NAME]\nkind = "api-key"\nheader = "x-api-key"\n';
const SETTINGS = PROVIDER + entry("ada", ADA, "editor") + entry("bob", BOB, "reader");

it("knows its callers, and nobody else gets in", async (t) => {
  const host = await Host.with(COMPONENT).settings(SETTINGS).start();
  t.after(() => host.stop());
  const change = (key) => host.post("/NAME").header("x-api-key", key).body(CHANGE);

  const read = await host.get("/NAME").header("x-api-key", BOB);
  assert.deepEqual(read.json(), { subject: "bob", roles: ["reader"] });
  assert.equal((await change(BOB)).status, 403);
  assert.equal((await change(ADA)).status, 200);

  const nobody = await host.get("/NAME");
  assert.deepEqual([nobody.status, nobody.instances], [401, 0]);
});

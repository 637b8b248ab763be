// The built component behind all gates, as the host serves it. `host test` builds it first; with
// `npm test` alone, that is for you to do: `host build`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { Host } from "@vestibule/function/testing";

const COMPONENT = fileURLToPath(new URL("../functions/NAME.wasm", import.meta.url));
const PAYLOAD = readFileSync(new URL("fixtures/example.json", import.meta.url));

// The scheme of `NAME.toml`, and where its sender believes the host to be.
const SCHEME = "SCHEME";
const SITE = "https://hooks.example.com";

// What `NAME.toml` calls the secret, and a value of it that is good for these tests alone.
const CALLED = "NAME_SECRET";
const SECRET = "PAIR1f0c8b6a4e2d9375c0b1a2f3e4d5968778695a4b3c2d1e0f0011223344556677";
const GUESSED = "PAIR00000000000000000000000000000000000000000000000000000000000000ff";

it("runs for what is signed, and not for what is forged", async (t) => {
  const host = await Host.with(COMPONENT).secret(CALLED, SECRET).publicUrl(SITE).start();
  t.after(() => host.stop());
  const send = () => host.post("/NAME").header("content-type", "application/json").body(PAYLOAD);

  const genuine = await send().signed(SCHEME, SECRET);
  assert.deepEqual([genuine.status, genuine.instances], [200, 1], genuine.reason);

  // Neither of these has a sandbox.
  const forged = await send().signed(SCHEME, GUESSED);
  assert.deepEqual([forged.status, forged.instances], [401, 0]);
  const unsigned = await send();
  assert.deepEqual([unsigned.status, unsigned.instances], [401, 0]);
});

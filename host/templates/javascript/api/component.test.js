// The built component behind all gates, as the host serves it. `host test` builds it first; with
// `npm test` alone, that is for you to do: `host build`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { Host } from "@vestibule/function/testing";

const COMPONENT = fileURLToPath(new URL("../functions/NAME.wasm", import.meta.url));
const NOTE = readFileSync(new URL("fixtures/example.json", import.meta.url));

it("reads in one request what another has written", async (t) => {
  const host = await Host.with(COMPONENT).start();
  t.after(() => host.stop());
  assert.equal((await host.post("/NAME/notes").body(NOTE)).status, 201);

  // Every request has a sandbox of its own: what is read here was kept in the store.
  const read = await host.get("/NAME/notes/1");
  assert.deepEqual([read.json().title, read.instances], ["Keys", 1]);

  assert.equal((await host.request("DELETE", "/NAME/notes/1")).status, 204);
  assert.equal((await host.get("/NAME/notes/1")).status, 404);
});

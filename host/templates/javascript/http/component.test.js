// The built component behind all gates, as the host serves it. `host test` builds it first; with
// `npm test` alone, that is for you to do: `host build`.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { Host } from "@vestibule/function/testing";

const COMPONENT = fileURLToPath(new URL("../functions/NAME.wasm", import.meta.url));

it("greets over HTTP", async (t) => {
  const host = await Host.with(COMPONENT).start();
  t.after(() => host.stop());

  const answer = await host.get("/NAME?name=Ada");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), { greeting: "Hello, Ada!" });

  // The policy allows a GET, so this one never reaches the function.
  const refused = await host.post("/NAME");
  assert.deepEqual([refused.status, refused.instances], [405, 0]);
});

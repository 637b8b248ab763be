/**
 * The prelude where it is needed: in a component, served by the command `host`. What functions in `functions/` say there is compared
 * with what the same file says on node. Needs the command, as `VESTIBULE_HOST` or on PATH.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "../../src/build/build.js";
import { Host } from "../../src/testing/host.js";
import { handler as onNode } from "./functions/apis.js";

const FUNCTIONS = fileURLToPath(new URL("functions", import.meta.url));
const OPEN = 'access = "public"\n[grants]\nenv = { PRELUDE_GRANTED = "yes" }\n';
const VERIFIED = 'methods = ["POST"]\n[verify]\nscheme = "discourse"\nsecrets = ["DISCOURSE_WEBHOOK_SECRET"]\n';

let folder;
let host;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "vestibule-prelude-"));
  const component = join(folder, "both.wasm");
  await build({ folder: FUNCTIONS, entry: "both.js", out: component, quiet: true });
  host = await Host.with(component)
    .route("apis")
    .policy(OPEN)
    .and(component)
    .route("hook")
    .policy(VERIFIED)
    .secret("DISCOURSE_WEBHOOK_SECRET", "s3cret")
    .start();
});

after(async () => {
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("what a component says is what node says", async () => {
  const answer = await host.get("/apis");
  assert.equal(answer.status, 200, answer.text());
  const theirs = JSON.parse((await onNode()).body).results;
  const mine = answer.json().results;
  assert.deepEqual(mine, theirs);
  const said = answer.logs.map(({ message }) => message).join("\n");
  assert.match(said, /ran \d+ cases/);
  // The place is the author's own, not that of the bundle.
  assert.match(said, /TypeError: told.*at apis\.js:\d+/s);
});

test("nothing random, no time and no environment is in the snapshot", async () => {
  const answers = [await host.get("/apis"), await host.get("/apis")].map((answer) => answer.json());
  const [first, second] = answers;
  for (const name of Object.keys(first.own)) {
    assert.notDeepEqual(first.own[name], second.own[name], name);
  }
  for (const { loaded, now, env, listed } of answers) {
    assert.equal(loaded, 1);
    assert.ok(Math.abs(now - Date.now()) < 60_000);
    assert.equal(env, "yes");
    assert.ok(listed.includes("PRELUDE_GRANTED"));
  }
});

test("Redwood's file runs unchanged on what the host has verified", async () => {
  const genuine = await host.post("/hook").json({ a: 1 }).signed("discourse", "s3cret");
  assert.equal(genuine.status, 200, genuine.text());
  assert.deepEqual(genuine.json(), { data: { a: 1 } });
  assert.ok(!genuine.logs.some(({ message }) => message.includes("s3cret")));
  const before = await host.instances();
  assert.equal((await host.post("/hook").json({ a: 1 }).signed("discourse", "guessed")).status, 401);
  assert.equal(await host.instances(), before);
});

test("and refuses what was not verified", async () => {
  for (const [at, path] of ["other-secret", "other-verifier", "other-payload"].entries()) {
    const answer = await host.post(`/hook/${path}`).json({ at }).signed("discourse", "s3cret");
    assert.equal(answer.status, 401, path);
    assert.match(answer.logs.map(({ message }) => message).join("\n"), /Unauthorized/);
  }
});

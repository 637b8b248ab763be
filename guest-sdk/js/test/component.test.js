// Functions as components, in the host: what goes wrong ends as it does in Rust, nothing of one request is in the next, and what a
// policy grants can be reached. VESTIBULE_HOST names the host.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Host } from "../src/testing/host.js";
import { FUNCTIONS, run } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "vestibule-js-"));
let host;
let server;
let atLoad;

const policy = (port) => `
access = "public"
timeout = "2s"
memory = "32MiB"

[grants]
env = { GREETING = "grüße" }
kv = ["things"]
secrets = ["GIVEN"]
sign = ["SIGNING"]
http = ["http://127.0.0.1:${port}"]
http_private = true
`;

before(async () => {
  server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      response.setHeader("x-answer", request.headers["x-a"]);
      response.end(`${request.method} ${request.url} ${Buffer.concat(parts)}`);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const built = (entry, name) => {
    const made = run(FUNCTIONS, entry, "--out", join(folder, `${name}.wasm`));
    assert.equal(made.status, 0, made.stderr);
    return made.stderr;
  };
  built("trouble.js", "trouble");
  atLoad = built("at-load.ts", "at-load");
  host = await Host.with(join(folder, "trouble.wasm"))
    .policy(policy(server.address().port))
    .and(join(folder, "at-load.wasm"))
    .policy('access = "public"\n[grants]\nenv = { GREETING = "hello" }\n')
    .secret("GIVEN", "a granted secret")
    .secret("SIGNING", "a signing secret")
    .start();
  assert.deepEqual(host.problems(), []);
});

after(async () => {
  await host?.stop();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const json = async (what, query = "") => {
  const answer = await host.get(`/trouble/${what}${query}`);
  assert.equal(answer.status, 200, answer.logs.map(({ message }) => message).join("\n"));
  return answer.json();
};

/** The line that a failed call leaves in the log. */
const uncaught = (answer) => answer.logs.find(({ context }) => context === "uncaught");

describe("what goes wrong", () => {
  it("a thrown error is an error, with its stack in the log and nothing of it in the answer", async () => {
    const answer = await host.get("/trouble/throw");
    assert.equal(answer.status, 500);
    assert.equal(answer.outcome, "error");
    assert.equal(answer.reason, "Custom: about a throw");
    assert.equal(answer.json().error, "the function failed");
    const { level, message } = uncaught(answer);
    assert.equal(level, "ERROR");
    assert.match(message, /^uncaught Custom: about a throw\\n {4}at Custom \(trouble\.js:\d+\)\\n {4}at inner\d* \(trouble\.js:11\)/);
    assert.match(message, /caused by TypeError: the cause/);
    assert.doesNotMatch(message, /user\.js|vestibule-entry|src\/runtime/);
  });

  it("what is thrown that is no error, and a rejected promise", async () => {
    const text = await host.get("/trouble/throw-text");
    assert.deepEqual([text.status, text.outcome, text.reason], [500, "error", "thrown: a text"]);
    const rejected = await host.get("/trouble/reject");
    assert.deepEqual([rejected.status, rejected.outcome, rejected.reason], [500, "error", "Error: rejected"]);
    const timer = await host.get("/trouble/timer");
    assert.deepEqual([timer.status, timer.outcome, timer.reason], [500, "error", "Custom: about a timer"]);
    const called = await host.get("/trouble/callback-error");
    assert.deepEqual([called.status, called.reason], [500, "Error: called back with an error"]);
  });

  it("a promise that never settles is an error at once, and no timeout", async () => {
    const answer = await host.get("/trouble/never");
    assert.deepEqual([answer.status, answer.outcome], [500, "error"]);
    assert.match(answer.reason, /^NeverSettles: the handler's promise never settles/);
  });

  it("an endless loop and an endless wait end at the timeout", async () => {
    for (const what of ["loop", "wait"]) {
      const answer = await host.get(`/trouble/${what}`);
      assert.deepEqual([answer.status, answer.outcome], [504, "timeout"]);
    }
  });

  it("memory ends at its limit, and the stack at its own", async () => {
    const memory = await host.get("/trouble/memory");
    assert.deepEqual([memory.status, memory.outcome], [500, "out_of_memory"]);
    assert.match(uncaught(memory).message, /out of memory/);
    const deep = await host.get("/trouble/deep");
    assert.deepEqual([deep.status, deep.outcome], [500, "trap"]);
  });

  it("an answer that is none", async () => {
    const nothing = await host.get("/trouble/nothing");
    assert.deepEqual([nothing.status, nothing.outcome], [500, "error"]);
    assert.match(nothing.reason, /the handler returned undefined: return \{ statusCode: 200/);
    const status = await host.get("/trouble/bad-status");
    assert.deepEqual([status.status, status.outcome], [502, "bad_response"]);
    assert.match((await host.get("/trouble/text-status")).reason, /statusCode "many"/);
  });

  it("a rejection that nobody looks at is told, and the answer stands", async () => {
    const answer = await host.get("/trouble/unhandled");
    assert.equal(answer.text(), "fine");
    assert.match(uncaught(answer).message, /^unhandled rejection: Error: nobody looks/);
  });

  it("in the form of the web, and in a module that is loaded in the request", async () => {
    const answer = await host.get("/at-load?throw");
    assert.deepEqual([answer.status, answer.reason], [500, "RangeError: in the form of the web"]);
    assert.match(uncaught(answer).message, /at-load\.ts:10/);
  });
});

describe("promises and timers", () => {
  it("come in the order of the language", async () => {
    assert.deepEqual(await json("order"), ["microtask", "await", 1, 2, "timer 1", "timer 2"]);
    assert.deepEqual(await json("promises"), [[1, 2, 3], ["rejected", "fulfilled"], "first", "any", [1, 2], "tried"]);
  });

  it("a callback is waited for", async () => {
    const answer = await host.get("/trouble/callback");
    assert.deepEqual([answer.status, answer.text()], [202, "called back"]);
  });
});

describe("instances", () => {
  it("share no randomness and no time, whenever the module is loaded", async () => {
    const [one, other] = [await json("random"), await json("random")];
    one.forEach((value, at) => assert.notEqual(value, other[at]));
    const { now, date } = await json("time");
    assert.ok(Math.abs(now - Date.now()) < 60_000);
    assert.equal(date.slice(0, 10), new Date(now).toISOString().slice(0, 10));
    const [first, second] = [(await host.post("/at-load").body("a")).json(), (await host.post("/at-load").body("a")).json()];
    assert.notEqual(first.id, second.id);
    assert.ok(second.loaded >= first.loaded);
  });

  it("have the environment that is granted, when they are loaded, too", async () => {
    const { NODE_ENV, ...granted } = await json("env");
    assert.deepEqual([NODE_ENV, granted], ["production", { GREETING: "grüße" }]);
    assert.match(atLoad, /loaded in each request because it uses process\.env/);
    const { greeting, hash } = (await host.post("/at-load").body("a")).json();
    assert.equal(greeting, "hello");
    assert.equal(hash, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
  });
});

describe("what a policy grants", () => {
  it("stores", async () => {
    const { denied, unnamed, nan, ...found } = await json("kv");
    assert.deepEqual(found, {
      text: "1",
      json: { n: 1 },
      missing: null,
      sum: [1, 5],
      absent: [true, false],
      swapped: [false, true, "2"],
      updated: { n: 2 },
      keys: ["b"],
      many: ["2", null],
    });
    assert.deepEqual([denied.isHostError, denied.code], [true, "access-denied"]);
    assert.match(denied.message, /write kv = \["others"\] under \[grants\]/);
    assert.equal(unnamed.code, "no-such-store");
    assert.equal(nan.code, "failed");
  });

  it("secrets and signatures", async () => {
    const secrets = await json("secret");
    assert.equal(secrets.given, "a granted secret");
    assert.match(secrets.denied.message, /write secrets = \["OTHER"\]/);
    const { signed, denied } = await json("sign");
    assert.match(signed["x-hub-signature-256"], /^sha256=[0-9a-f]{64}$/);
    assert.match(denied.message, /write sign = \["GIVEN"\]/);
  });

  it("requests to other servers", async () => {
    const url = `http://127.0.0.1:${server.address().port}/path?q=1`;
    assert.deepEqual(await json("fetch", `?url=${encodeURIComponent(url)}`), { status: 200, text: "POST /path?q=1 sent", header: "1" });
    const { name, message } = await json("denied");
    assert.equal(name, "TypeError");
    assert.match(message, /elsewhere\.example/);
    assert.match(message, /under \[grants\]/);
  });

  it("the log", async () => {
    const { status, logs } = await host.get("/trouble/console");
    assert.equal(status, 204);
    assert.deepEqual(logs.map(({ level }) => level), ["DEBUG", "INFO", "WARN", "ERROR"]);
    assert.equal(logs[0].message, "debug one");
    assert.match(logs[3].message, /Error: logged/);
  });

  it("and what the host knows of the call", async () => {
    const { delivery, identity, user, left } = await json("context");
    assert.deepEqual([delivery, identity, user], [null, null, null]);
    assert.ok(left > 0 && left <= 2000);
  });
});

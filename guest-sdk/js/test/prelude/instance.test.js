/** What belongs to a request alone: timers, the clock, randomness, the console, `process`, `fetch`. On the host of tests. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { begin, monotonicNow } from "#host";

import { guardedDate, performance } from "../../src/prelude/clock.js";
import { console } from "../../src/prelude/console.js";
import { process as ours } from "../../src/prelude/node/process.js";
import * as waiting from "../../src/prelude/node/timers-promises.js";
import { random } from "../../src/prelude/random.js";
import * as timers from "../../src/prelude/timers.js";
import { fetch } from "../../src/prelude/web/fetch.js";
import { world } from "../../src/testing/world.js";

beforeEach(() => {
  begin({ requestId: "r1", delivery: null, identity: null });
  world.logs.length = 0;
  world.sent.length = 0;
});
afterEach(() => begin(null));

/** As the handler's loop does it, with a clock that jumps. */
async function runUntil(at) {
  for (let due = timers.nextDue(); due !== undefined && due <= at; due = timers.nextDue()) {
    timers.runDue(due);
    await new Promise((resolve) => queueMicrotask(resolve));
  }
}

test("timers run in the order in which they are due, one at a time", async () => {
  const seen = [];
  const start = monotonicNow();
  timers.setTimeout((...args) => seen.push(args), 50, "a", "b");
  timers.setTimeout(() => seen.push("first"), 10);
  timers.setImmediate(() => seen.push("now"));
  const never = timers.setTimeout(() => seen.push("never"), 20);
  timers.clearTimeout(never);
  let rounds = 0;
  const every = timers.setInterval(() => {
    seen.push("again");
    rounds += 1;
    if (rounds === 2) {
      timers.clearInterval(every);
    }
  }, 100);
  await runUntil(start + 10_000);
  assert.deepEqual(seen, ["now", "first", ["a", "b"], "again", "again"]);
  assert.equal(timers.nextDue(), undefined);
  assert.equal(timers.runDue(start + 20_000), false);
});

test("timers: numbers, objects and what is no function", async () => {
  assert.throws(() => timers.setTimeout("code"), { code: "ERR_INVALID_ARG_TYPE" });
  const seen = [];
  const timer = timers.setTimeout(() => seen.push("x"), 10);
  timers.clearTimeout(Number(timer));
  timers.clearTimeout(undefined);
  timers.clearTimeout("no timer");
  assert.equal(timer.unref().ref().hasRef(), true);
  for (const delay of [-1, NaN, Infinity, "5", undefined, 2 ** 40]) {
    timers.setTimeout(() => seen.push(delay), delay);
  }
  await runUntil(monotonicNow() + 1000);
  assert.equal(seen.length, 6);
});

test("timers are bounded", () => {
  const made = [];
  assert.throws(() => {
    for (let at = 0; at <= timers.MOST_TIMERS; at++) {
      made.push(timers.setTimeout(() => {}, 1000));
    }
  }, RangeError);
  made.forEach(timers.clearTimeout);
  assert.equal(timers.nextDue(), undefined);
});

test("waiting as a promise ends with its signal", async () => {
  const controller = new AbortController();
  const stopped = waiting.setTimeout(5000, "late", { signal: controller.signal });
  const done = waiting.setTimeout(5, "value");
  controller.abort(new Error("enough"));
  await assert.rejects(stopped, /enough/);
  await runUntil(monotonicNow() + 100);
  assert.equal(await done, "value");
  assert.equal(timers.nextDue(), undefined);
});

test("the guarded Date is a Date", () => {
  const Guarded = guardedDate(class extends Date {});
  assert.ok(Math.abs(Guarded.now() - Date.now()) < 1000);
  assert.ok(new Guarded() instanceof Date);
  assert.equal(new Guarded(0).getTime(), 0);
  assert.equal(new Guarded(2020, 1).getMonth(), 1);
  assert.equal(Guarded.UTC(2020, 1), Date.UTC(2020, 1));
  class Later extends Guarded {}
  assert.ok(new Later(5) instanceof Later);
  const before = performance.now();
  assert.ok(performance.now() >= before);
});

test("Math.random: spread evenly, below 1", () => {
  const buckets = new Array(16).fill(0);
  for (let at = 0; at < 16_000; at++) {
    const value = random();
    assert.ok(value >= 0 && value < 1);
    buckets[Math.floor(value * 16)] += 1;
  }
  // Six standard deviations of 1000: one run in a hundred million would fail.
  assert.ok(
    buckets.every((count) => Math.abs(count - 1000) < 6 * Math.sqrt(1000)),
    String(buckets),
  );
});

const lines = () => world.logs.map(({ level, message }) => `${level} ${message}`);

test("console: levels, groups, counts, tables", () => {
  console.log("a %s", "b", { c: 1 });
  console.warn("w");
  console.error(new Error("e").message);
  console.debug("d");
  console.assert(true, "no");
  console.assert(false, "told %d", 5);
  console.group("G");
  console.log("in\nside");
  console.groupEnd();
  console.count();
  console.count();
  console.countReset();
  console.count();
  console.table([{ a: 1, b: "x" }, { a: 2 }]);
  console.table(5);
  console.dir({ a: { b: { c: {} } } }, { depth: 0 });
  assert.deepEqual(lines(), [
    "info a b { c: 1 }",
    "warn w",
    "error e",
    "debug d",
    "error Assertion failed: told 5",
    "info G",
    "info   in\n  side",
    "info default: 1",
    "info default: 2",
    "info default: 1",
    "info ┌─────────┬───┬─────┐\n│ (index) │ a │ b   │\n├─────────┼───┼─────┤\n│ 0       │ 1 │ 'x' │\n│ 1       │ 2 │     │\n└─────────┴───┴─────┘",
    "info 5",
    "info { a: [Object] }",
  ]);
});

test("console: time, trace", () => {
  console.time("t");
  console.timeLog("t", "more");
  console.timeEnd("t");
  console.timeEnd("t");
  console.trace("here");
  const [logged, ended, missing, traced] = lines();
  assert.match(logged, /^info t: [\d.]+ms more$/);
  assert.match(ended, /^info t: [\d.]+ms$/);
  assert.equal(missing, "warn No such timer: t");
  assert.match(traced, /^trace Trace: here\n\s+at /);
});

test("process.env: what is granted, and nothing else", () => {
  process.env.PRELUDE_TEST = "yes";
  world.secrets.set("PRELUDE_SECRET", new TextEncoder().encode("s3cret"));
  try {
    assert.equal(ours.env.PRELUDE_SECRET, "s3cret");
    assert.ok("PRELUDE_SECRET" in ours.env);
    assert.ok(!Object.keys(ours.env).includes("PRELUDE_SECRET"));
    assert.equal(ours.env.PRELUDE_NOTHING, undefined);
    assert.equal(ours.env.toString, undefined);
    assert.equal(ours.env.__proto__, undefined);
    ours.env.MADE = 5;
    assert.equal(ours.env.MADE, "5");
    delete ours.env.MADE;
    assert.equal(ours.env.MADE, undefined);
    assert.equal({ ...ours.env }.NODE_ENV, ours.env.NODE_ENV);
  } finally {
    delete process.env.PRELUDE_TEST;
    world.secrets.clear();
  }
});

test("process: what makes sense without one", async () => {
  const seen = [];
  ours.nextTick((value) => seen.push(value), 7);
  await Promise.resolve();
  assert.deepEqual(seen, [7]);
  const [seconds, nanoseconds] = ours.hrtime(ours.hrtime());
  assert.ok(seconds === 0 && nanoseconds >= 0);
  assert.equal(typeof ours.hrtime.bigint(), "bigint");
  assert.throws(
    () => ours.exit(1),
    /process.exit is not supplied by Vestibule: .*is not|process.exit is not supplied by Vestibule: /,
  );
  ours.stdout.write("line\n");
  assert.equal(ours.versions.node.split(".").length, 3);
});

const answer = (method, url, response) =>
  world.answers.push({ method, url, response: { status: 200, headers: [], body: new Uint8Array(), ...response } });

test("fetch: the web's form around the host's", async () => {
  answer("POST", "https://api.example/x", {
    status: 201,
    headers: [
      ["content-type", "application/json"],
      ["set-cookie", "a"],
      ["set-cookie", "b"],
    ],
    body: new TextEncoder().encode('{"a":1}'),
  });
  const response = await fetch("https://api.example/x#part", { method: "post", body: "héllo", headers: { A: "b" } });
  assert.deepEqual(
    [response.status, response.ok, response.url, response.redirected, response.type],
    [201, true, "https://api.example/x", false, "basic"],
  );
  assert.deepEqual(response.headers.getSetCookie(), ["a", "b"]);
  assert.deepEqual(await response.json(), { a: 1 });
  const [sent] = world.sent;
  assert.equal(sent.url, "https://api.example/x");
  assert.equal(new TextDecoder().decode(sent.body), "héllo");
  assert.deepEqual(Object.fromEntries(sent.headers), { a: "b", "content-type": "text/plain;charset=UTF-8" });
});

test("fetch: what is not granted says what to write", async () => {
  await assert.rejects(fetch("https://other.example/"), (error) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, "denied");
    assert.match(error.message, /^fetch failed: GET https:\/\/other\.example: /);
    return true;
  });
  await assert.rejects(fetch("https://a.example", { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("fetch: what fails names no path and no query, which hold tokens", async () => {
  const url = "https://a.example/bot1:path-secret?key=query-secret";
  const redirect = (location) => answer("GET", url, { status: 302, headers: [["location", location]] });
  const fails = (init, words) =>
    assert.rejects(fetch(`${url}#hash-secret`, init), (error) => {
      assert.match(error.message, words);
      // The stack and the cause go into the log as well.
      assert.doesNotMatch(`${error.stack} ${error.cause.stack}`, /secret/);
      return true;
    });
  world.answers.push({ method: "GET", url, error: { code: "timeout", message: "timeout" } });
  await fails({}, /^fetch failed: GET https:\/\/a\.example: timeout$/);
  redirect("https://b.example/?code=secret");
  await fails({ redirect: "error" }, /redirected to https:\/\/b\.example$/);
  redirect("https://[secret");
  await fails({}, /leads to what is no URL$/);
  redirect("mailto:secret@b.example");
  await fails({}, /leads to mailto:, which is not HTTP$/);
});

test("fetch: redirects are followed, and what is secret stays with its origin", async () => {
  answer("POST", "https://a.example/1", { status: 307, headers: [["location", "/2"]] });
  answer("POST", "https://a.example/2", { status: 302, headers: [["location", "https://b.example/3"]] });
  answer("GET", "https://b.example/3", { body: new TextEncoder().encode("there") });
  const response = await fetch("https://a.example/1", {
    method: "POST",
    body: "x",
    headers: { authorization: "s3cret", "x-other": "y" },
  });
  assert.deepEqual([await response.text(), response.redirected, response.url], ["there", true, "https://b.example/3"]);
  const names = world.sent.map(({ headers, body }) => [headers.map(([name]) => name).join(), body.length]);
  assert.deepEqual(names, [
    ["authorization,content-type,x-other", 1],
    ["authorization,content-type,x-other", 1],
    ["x-other", 0],
  ]);
});

test("fetch: redirects that are not followed", async () => {
  answer("GET", "https://a.example/", { status: 301, headers: [["location", "file:///etc/passwd"]] });
  await assert.rejects(fetch("https://a.example/"), /not HTTP/);
  answer("GET", "https://a.example/", { status: 301, headers: [["location", "/x"]] });
  assert.equal((await fetch("https://a.example/", { redirect: "manual" })).status, 301);
  answer("GET", "https://a.example/", { status: 301, headers: [["location", "/x"]] });
  await assert.rejects(fetch("https://a.example/", { redirect: "error" }), /redirected to/);
  for (let at = 0; at <= 21; at++) {
    answer("GET", "https://loop.example/", { status: 302, headers: [["location", "/"]] });
  }
  await assert.rejects(fetch("https://loop.example/"), /too often/);
  world.answers.length = 0;
});

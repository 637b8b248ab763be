/** node's smaller modules against node's own, and the table of what is supplied. */
import nodeAssert from "node:assert";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import nodeEvents from "node:events";
import { builtinModules } from "node:module";
import nodePath from "node:path";
import nodeQuery from "node:querystring";
import { test } from "node:test";
import nodeUrl from "node:url";
import nodeUtil from "node:util";

import fc from "fast-check";

import { alike } from "../../src/prelude/equal.js";
import { NODE, REDWOOD, moduleFor, whyNot } from "../../src/prelude/modules.js";
import ourAssert from "../../src/prelude/node/assert.js";
import ourEvents from "../../src/prelude/node/events.js";
import ourPath from "../../src/prelude/node/path.js";
import ourQuery from "../../src/prelude/node/querystring.js";
import ourUrl from "../../src/prelude/node/url.js";
import ourUtil from "../../src/prelude/node/util.js";

const outcome = (action) => {
  try {
    return { value: action() };
  } catch (error) {
    return { thrown: error.code ?? error.name };
  }
};

test("querystring: any text, and any pairs", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("a", "=", "&", "%", "+", "2", "0", "é", ";") }),
  );
  fc.assert(
    fc.property(
      piece,
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))),
      (text, pairs) => {
        assert.deepEqual({ ...ourQuery.parse(text) }, { ...nodeQuery.parse(text) });
        assert.equal(ourQuery.stringify(pairs), nodeQuery.stringify(pairs));
      },
    ),
  );
  assert.deepEqual({ ...ourQuery.parse("a:1;b:2", ";", ":") }, { a: "1", b: "2" });
  assert.equal(Object.keys(ourQuery.parse("a=1&".repeat(5) + "b&c", undefined, undefined, { maxKeys: 6 })).length, 2);
});

test("url: the old functions", () => {
  const parsed = ["parse"].flatMap((name) =>
    ["https://u:p@a.b:8080/c/d?e=f#g", "/path?x=1&x=2", "http://host"].map((text) => [name, text]),
  );
  for (const [name, text] of parsed) {
    const [mine, theirs] = [ourUrl, nodeUrl].map((module) => ({ ...module[name](text, true) }));
    const query = (url) => ({ ...url, query: { ...url.query }, search: url.search || null });
    assert.deepEqual(query(mine), query(theirs), text);
  }
  for (const parts of [
    { protocol: "https", host: "a.b", pathname: "c", query: { d: "e" } },
    { pathname: "/x", search: "y" },
    { protocol: "http:", auth: "u:p", hostname: "h", port: 80, hash: "z" },
  ]) {
    assert.equal(ourUrl.format(parts), nodeUrl.format(parts));
  }
  for (const [from, to] of [
    ["/one/two/three", "four"],
    ["http://a.b/", "/one"],
    ["http://a.b/one", "//c.d/e"],
    ["/a", "../b?c#d"],
  ]) {
    assert.equal(ourUrl.resolve(from, to), nodeUrl.resolve(from, to));
  }
  assert.throws(
    () => ourUrl.fileURLToPath("file:///x"),
    /fileURLToPath of node:url is not supplied by Vestibule: a function has no files/,
  );
});

test("path: the POSIX half", () => {
  for (const args of [["/a", "../b", "c"], ["a//b/", "."], [""]]) {
    assert.equal(ourPath.join(...args), nodePath.posix.join(...args));
  }
  assert.equal(ourPath.extname("a/b.tar.gz"), ".gz");
  assert.deepEqual(ourPath.parse("/a/b.c"), nodePath.posix.parse("/a/b.c"));
});

test("util: promisify, callbackify, inherits, deprecate, types", async () => {
  for (const util of [ourUtil, nodeUtil]) {
    const add = (one, other, done) =>
      queueMicrotask(() => (one < 0 ? done(new Error("negative")) : done(null, one + other)));
    assert.equal(await util.promisify(add)(1, 2), 3);
    await assert.rejects(util.promisify(add)(-1, 2), /negative/);
    await new Promise((resolve) =>
      util.callbackify(async (value) => value)(5, (error, value) => (assert.equal(value, 5), resolve())),
    );
    function Parent() {}
    function Child() {}
    util.inherits(Child, Parent);
    assert.ok(new Child() instanceof Parent);
    assert.equal(util.stripVTControlCharacters("\u001b[31mred\u001b[0m"), "red");
    assert.throws(() => util.promisify(5), { code: "ERR_INVALID_ARG_TYPE" });
  }
  const values = [
    new Date(),
    /x/,
    new Map(),
    new Set(),
    new Uint8Array(),
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
    Promise.resolve(),
    new Error("x"),
    new Number(1),
    async () => {},
    function* () {},
    {},
    [],
    null,
    1,
    "s",
  ];
  for (const name of Object.keys(ourUtil.types)) {
    for (const value of values) {
      assert.equal(ourUtil.types[name](value), nodeUtil.types[name](value), `${name}(${nodeUtil.inspect(value)})`);
    }
  }
});

test("events: on, once, errors, promises", async () => {
  for (const Emitter of [ourEvents, nodeEvents]) {
    const emitter = new Emitter();
    const seen = [];
    emitter
      .on("a", (...args) => seen.push(args))
      .once("a", () => seen.push("once"))
      .prependListener("a", () => seen.push("first"));
    emitter.emit("a", 1, 2);
    emitter.emit("a");
    assert.deepEqual(seen, ["first", [1, 2], "once", "first", []]);
    assert.equal(emitter.listenerCount("a"), 2);
    assert.throws(() => emitter.emit("error", new Error("unheard")), /unheard/);
    setImmediate(() => emitter.emit("b", 7));
    assert.deepEqual(await Emitter.once(emitter, "b"), [7]);
    await assert.rejects(Emitter.once(emitter, "c", { signal: AbortSignal.abort() }), { name: "AbortError" });
    assert.equal(Emitter.EventEmitter, Emitter);
  }
});

test("assert: what holds and what does not", async () => {
  const error = new TypeError("wrong thing");
  const fails = () => {
    throw error;
  };
  const cases = [
    (a) => a(1),
    (a) => a(0),
    (a) => a.ok(""),
    (a) => a.equal(1, "1"),
    (a) => a.equal(1, 2),
    (a) => a.strictEqual(1, "1"),
    (a) => a.strictEqual(NaN, NaN),
    (a) => a.deepEqual({ a: 1 }, { a: "1" }),
    (a) => a.deepStrictEqual({ a: 1 }, { a: "1" }),
    (a) => a.deepStrictEqual([1, { b: 2 }], [1, { b: 2 }]),
    (a) => a.notDeepStrictEqual({ a: 1 }, { a: 1 }),
    (a) => a.throws(fails),
    (a) => a.throws(fails, TypeError),
    (a) => a.throws(fails, RangeError),
    (a) => a.throws(fails, /wrong/),
    (a) => a.throws(fails, /right/),
    (a) => a.throws(fails, { message: "wrong thing" }),
    (a) => a.throws(fails, { message: "x" }),
    (a) => a.throws(() => {}),
    (a) => a.throws(fails, (e) => e === error),
    (a) => a.doesNotThrow(fails),
    (a) => a.match("abc", /b/),
    (a) => a.match("abc", /x/),
    (a) => a.doesNotMatch("abc", /b/),
    (a) => a.fail("no"),
    (a) => a.ifError(null),
    (a) => a.ifError(error),
    (a) => a.strict.equal(1, "1"),
    (a) => a.equal(1, 2, error),
  ];
  for (const check of cases) {
    assert.deepEqual(outcome(() => check(ourAssert)).thrown, outcome(() => check(nodeAssert)).thrown, String(check));
  }
  await ourAssert.rejects(Promise.reject(error), TypeError);
  await assert.rejects(ourAssert.rejects(Promise.resolve()), { code: "ERR_ASSERTION" });
  await assert.rejects(ourAssert.doesNotReject(Promise.reject(error)), { code: "ERR_ASSERTION" });
});

test("what is alike, as node sees it", () => {
  const cycle = () => {
    const made = { list: [] };
    made.list.push(made);
    return made;
  };
  const values = [
    1,
    "1",
    NaN,
    null,
    undefined,
    0,
    -0,
    [],
    {},
    [1],
    { 0: 1 },
    { a: undefined },
    new Date(1),
    new Date(2),
    /a/g,
    /a/,
    new Map([[1, { a: 1 }]]),
    new Map([[1, { a: 2 }]]),
    new Set([1, [2]]),
    new Set([[2], 1]),
    new Uint8Array([1]),
    new Int8Array([1]),
    Object.create(null),
    new Error("a"),
    new Error("b"),
    new TypeError("a"),
    Object(1),
    cycle(),
    cycle(),
    new (class A {})(),
  ];
  for (const one of values) {
    for (const other of values) {
      assert.equal(
        alike(one, other),
        nodeUtil.isDeepStrictEqual(one, other),
        `${nodeUtil.inspect(one)} ${nodeUtil.inspect(other)}`,
      );
    }
  }
});

test("every module of the table is there, and every other of node's says why not", () => {
  for (const name of [...Object.keys(NODE), ...Object.keys(REDWOOD)]) {
    assert.ok(existsSync(moduleFor(name)), name);
    assert.match(readFileSync(moduleFor(name), "utf8"), /^\/\*\*/);
  }
  for (const name of builtinModules.filter((one) => !one.startsWith("_"))) {
    assert.ok(
      moduleFor(name) !== null || whyNot(name) !== null,
      `${name} is neither supplied nor refused with a reason`,
    );
    assert.equal(moduleFor(`node:${name}`), moduleFor(name));
  }
  assert.equal(moduleFor("lodash"), null);
  assert.equal(whyNot("lodash"), null);
  assert.equal(moduleFor("toString"), null);
  assert.match(whyNot("node:fs/promises"), /no files/);
});

test("a supplied module has what node's has, or a library cannot tell: names that are missing are known", async () => {
  // Names that are node's inside, or marked as deprecated since long.
  const LACKING = {
    buffer: ["resolveObjectURL"],
    console: null,
    crypto: null,
    events: [
      "addAbortListener",
      "EventEmitterAsyncResource",
      "getMaxListeners",
      "init",
      "on",
      "usingDomains",
      "captureRejections",
    ],
    process: null,
    util: null,
    url: ["Url", "resolveObject"],
    timers: ["active", "enroll", "unenroll", "_unrefActive"],
    "stream/web": null,
    assert: ["CallTracker"],
    "assert/strict": null,
    path: ["win32", "matchesGlob", "toNamespacedPath", "_makeLong"],
    "path/posix": ["win32", "matchesGlob", "toNamespacedPath", "_makeLong"],
    "util/types": null,
    punycode: [],
    sys: null,
    querystring: ["unescapeBuffer"],
    string_decoder: [],
    "timers/promises": [],
  };
  for (const name of Object.keys(NODE)) {
    const known = LACKING[name];
    if (known === null) {
      continue;
    }
    const theirs = Object.keys((await import(`node:${name}`)).default);
    const module = await import(moduleFor(name));
    const mine = new Set([...Object.keys(module), ...Object.getOwnPropertyNames(module.default)]);
    assert.deepEqual(
      theirs.filter((member) => !mine.has(member) && !known.includes(member)),
      [],
      name,
    );
  }
});

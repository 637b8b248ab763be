/** `inspect` and `format` against node's own: the same text for the same value, and bounds that node does not have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as node from "node:util";

import fc from "fast-check";

import { LONGEST, format, inspect } from "../../src/prelude/inspect.js";

class Point {
  constructor(x) {
    this.x = x;
  }
}

const circular = { name: "a" };
circular.self = circular;

const VALUES = [
  undefined,
  null,
  0,
  -0,
  1.5,
  NaN,
  12n,
  true,
  "text",
  "it's",
  "both ' and \"",
  "line\nbreak\t\u0000\u007f",
  Symbol("s"),
  [],
  {},
  [1, 2, 3],
  ["a", ["b", ["c", ["d"]]]],
  { a: 1, "b-c": "d", [Symbol("k")]: 2 },
  { a: { b: { c: { d: 1 } } } },
  { a: { b: { c: {} } } },
  [undefined, null],
  // eslint-disable-next-line no-sparse-arrays
  [1, , , 4],
  new Array(5),
  new Map([
    ["k", { v: 1 }],
    [{ o: 1 }, 2],
  ]),
  new Set([1, "two"]),
  new Map(),
  new Set(),
  new Date(0),
  new Date(NaN),
  /ab+c/gi,
  new Point(1),
  new (class extends Point {})(2),
  Object.create(null),
  Object.assign(Object.create(null), { a: 1 }),
  Point,
  class {},
  class B extends Point {},
  function named() {},
  () => {},
  async () => {},
  Object.assign(function f() {}, { a: 1 }),
  new Uint8Array([1, 2, 255]),
  new Float64Array(2),
  new ArrayBuffer(4),
  new Number(3),
  new String("abc"),
  new Boolean(false),
  Object(12n),
  new WeakMap(),
  circular,
  {
    get a() {
      return 1;
    },
    set b(v) {},
    get c() {
      return 1;
    },
    set c(v) {},
  },
  { list: ["aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccccc"] },
  { a: "x".repeat(60), b: "y".repeat(60) },
  { [node.inspect.custom]: () => "mine" },
  { [node.inspect.custom]: () => ({ inner: 1 }) },
  Array.from({ length: 101 }, () => "long enough to be alone in its line ".repeat(2)),
  new Proxy({ a: 1 }, {}),
];

for (const value of VALUES) {
  const expected = node.inspect(value);
  test(`inspect: ${expected.slice(0, 50).replaceAll("\n", " ")}`, () => assert.equal(inspect(value), expected));
}

test("an error is its name, message and stack", () => {
  const text = inspect(new TypeError("no", { cause: new Error("deep") }));
  assert.match(text, /^TypeError: no\n {4}at /);
  assert.match(text, /\[cause\]: Error: deep/);
});

test("an error whose stack has no first line gets one, as in QuickJS", () => {
  const error = new RangeError("far");
  error.stack = "    at handler (index.js:3:9)\n";
  assert.equal(inspect(error), "RangeError: far\n    at handler (index.js:3:9)");
});

test("options: depth, breakLength, sorted", () => {
  const value = { b: { c: { d: { e: 1 } } }, a: [1, 2] };
  for (const options of [{ depth: 0 }, { depth: null }, { breakLength: Infinity }, { sorted: true }, { compact: 1 }]) {
    assert.equal(inspect(value, options), node.inspect(value, options), JSON.stringify(options));
  }
});

test("any JSON of small lists is printed as node prints it", () => {
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("any"), { maxLength: 6 }),
    object: fc.dictionary(fc.string({ minLength: 1 }), tie("any"), { maxKeys: 6 }),
  }));
  fc.assert(
    fc.property(any, (value) => assert.equal(inspect(value), node.inspect(value))),
    { numRuns: 500 },
  );
});

test("format: as node's", () => {
  const calls = [
    ["%s is %d years", "Ada", 36, "and more", { a: 1 }],
    ["%i %f %j %o %O %%", "42.9", "1.5x", { a: 1 }, [1], { b: { c: {} } }],
    ["%s %s %s %s", null, undefined, 12n, Symbol("x")],
    ["%d", "0x10"],
    ["%s", { a: { b: 1 } }],
    ["%s", new Point(3)],
    ["no marks", 1, "two", [3]],
    [{ a: 1 }, "text"],
    ["%c styled", "color: red"],
    ["%x %s"],
    ["100%", 1],
    [],
  ];
  for (const args of calls) {
    assert.equal(format(...args), node.format(...args), node.inspect(args));
  }
});

test("whatever is printed ends", () => {
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`key${at}`, "value ".repeat(20)]));
  assert.ok(inspect(wide).length <= LONGEST + 100);
  assert.ok(inspect("x".repeat(10_000_000)).length < 11_000);
  assert.ok(format("x".repeat(10_000_000)).length <= LONGEST + 100);
  const sparse = [];
  sparse[4_000_000_000] = 1;
  assert.equal(inspect(sparse), "[ <4000000000 empty items>, 1 ]");
  let deep = {};
  for (let at = 0; at < 5000; at++) {
    deep = { deep };
  }
  assert.equal(typeof inspect(deep, { depth: null }), "string");
});

test("no value can make it throw, and no getter runs", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = {
    get a() {
      throw new Error("ran");
    },
    [node.inspect.custom]() {
      throw new Error("custom");
    },
  };
  for (const value of [
    proxy,
    hostile,
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no");
        },
      },
    ),
    { toString: null },
  ]) {
    assert.equal(typeof inspect(value), "string");
    assert.equal(typeof format("%s %o", value, value), "string");
  }
});

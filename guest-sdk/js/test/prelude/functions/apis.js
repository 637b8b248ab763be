/**
 * A function that uses what the prelude supplies and says what came of it. The test runs it twice: in a component, and on node, whose
 * own implementations are the oracle. So nothing here may depend on where it runs, but for what is under `own`.
 */
import assert from "node:assert";
import { createHash, createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual } from "node:crypto";
import { EventEmitter, once } from "node:events";
import path from "node:path/posix";
import querystring from "node:querystring";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import url from "node:url";
import util from "node:util";

class Point {
  constructor(x) {
    this.x = x;
  }
}

const ADDRESSES = [
  "https://User:pw@EXAMPLE.com:443/a/../b?x=1#y",
  "http://[::1]:80/",
  "../up?q=ä",
  "//h/p",
  "mailto:a@b",
  "http://BÜCHER.example",
  "http://0x7f.1",
  "nonsense",
  "http://a b",
];

const attempt = (action) => {
  try {
    return action();
  } catch (error) {
    return `${error.name} ${error.code ?? ""}`;
  }
};

const CASES = {
  addresses: () => ADDRESSES.map((text) => attempt(() => new URL(text, "https://base.example/dir/file").href)),
  params: () => [...new URLSearchParams("a=1&b=%20&a=é&c")].join("|") + new URLSearchParams({ q: "a b&c" }),
  encode: () => ["", "abc", "é€😀", "\ud800x"].map((text) => [...new TextEncoder().encode(text)]),
  decode: () =>
    [[0x61], [0xc3, 0xa9], [0xff, 0x61, 0xe2, 0x82], [0xef, 0xbb, 0xbf, 0x61]].map((bytes) =>
      new TextDecoder().decode(new Uint8Array(bytes)),
    ),
  fatal: () => attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))),
  utf16: () => new TextDecoder("utf-16le").decode(new Uint8Array([0x61, 0, 0x3d, 0xd8, 0, 0xde])),
  base64: () => [btoa("hi\xff"), atob("aGk="), attempt(() => btoa("€")), attempt(() => atob("a"))],
  buffer: () =>
    ["utf8", "hex", "base64", "base64url", "latin1", "utf16le"].map((encoding) =>
      Buffer.from("héllo wörld").toString(encoding),
    ),
  bufferBack: () =>
    ["68656c6c6f", "aGVsbG8", "aGVs-_8="].map((text, at) => [...Buffer.from(text, ["hex", "base64", "base64url"][at])]),
  bufferOps: () => [
    Buffer.concat([Buffer.from("a"), Buffer.alloc(2, "b")]).toString(),
    Buffer.byteLength("€"),
    Buffer.from("abc").equals(Buffer.from("abc")),
    Buffer.from([1, 2, 3, 4]).readUInt16BE(1),
    util.inspect(Buffer.from("hi")),
  ],
  hashes: () =>
    ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"].map((name) =>
      createHash(name).update("x".repeat(300)).digest("hex"),
    ),
  hmacs: () =>
    ["sha1", "sha256", "sha512"].map((name) => createHmac(name, "k".repeat(200)).update("é").digest("base64url")),
  equalTime: () => [
    timingSafeEqual(Buffer.from("a"), Buffer.from("a")),
    attempt(() => timingSafeEqual(Buffer.from("a"), Buffer.from("ab"))),
  ],
  subtle: async () => {
    const key = await crypto.subtle.importKey(
      "raw",
      new Uint8Array([1, 2, 3]),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign", "verify"],
    );
    const data = new TextEncoder().encode("data");
    const signature = await crypto.subtle.sign("HMAC", key, data);
    const digest = await crypto.subtle.digest("SHA-1", data);
    return [
      Buffer.from(signature).toString("hex"),
      Buffer.from(digest).toString("hex"),
      await crypto.subtle.verify("HMAC", key, signature, data),
    ];
  },
  inspect: () =>
    [
      {
        a: [1, { b: { c: {} } }],
        d: new Map([[1, new Set(["x"])]]),
        f() {},
        p: new Point(1),
        r: /x/g,
        t: new Date(0),
        n: null,
        s: Symbol("s"),
      },
      "text",
      ["it's"],
      new Uint8Array(3),
      new URL("https://a.b/c"),
      Object.create(null),
    ].map((value) => util.inspect(value)),
  format: () => util.format("%s %d %j %o", "a", 1.5, { b: 1 }, [1], "rest", { c: 2 }),
  clone: () =>
    util.inspect(
      structuredClone({
        m: new Map([["k", new Date(5)]]),
        s: new Set([1n]),
        b: new Uint8Array([1]),
        l: [undefined, null],
        r: /x/i,
      }),
    ),
  cloneNot: () => attempt(() => structuredClone(() => {})).split(" ")[0],
  headers: () => [
    ...new Headers([
      ["B", "2"],
      ["a", "1"],
      ["a", "3"],
      ["set-cookie", "x"],
      ["set-cookie", "y"],
    ]),
  ],
  response: async () => {
    const response = Response.json({ é: 1 }, { status: 201 });
    const copy = response.clone();
    const pieces = [];
    for await (const piece of response.body) {
      pieces.push(...piece);
    }
    return [response.status, response.headers.get("content-type"), pieces, await copy.json(), response.bodyUsed];
  },
  request: async () => {
    const request = new Request("https://a.b/c", { method: "post", body: new URLSearchParams({ a: "é" }) });
    return [
      request.method,
      request.headers.get("content-type"),
      await request.text(),
      await attemptLater(() => request.text()),
    ];
  },
  form: async () => {
    const form = new FormData();
    form.append("a", "1\n2");
    form.append("f", new Blob([new Uint8Array([0, 255, 13, 10, 45, 45])], { type: "x/y" }), 'n"m');
    const read = await new Response(form).formData();
    return [
      read.get("a"),
      read.get("f").name,
      read.get("f").type,
      [...new Uint8Array(await read.get("f").arrayBuffer())],
    ];
  },
  stream: async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([104]));
        controller.enqueue(new Uint8Array([105]));
        controller.close();
      },
    });
    return new Response(stream.pipeThrough(new TransformStream())).text();
  },
  timers: async () => {
    const seen = [];
    setTimeout(() => seen.push("late"), 30);
    setTimeout((value) => seen.push(value), 1, "early");
    const every = setInterval(() => seen.push("every") && seen.length > 2 && clearInterval(every), 5);
    setImmediate(() => seen.push("now"));
    queueMicrotask(() => seen.push("micro"));
    process.nextTick(() => seen.push("tick"));
    await sleep(60);
    return seen.filter((one) => one !== "tick");
  },
  abort: async () => {
    const controller = new AbortController();
    const seen = [];
    controller.signal.addEventListener("abort", () => seen.push("told"), { once: true });
    controller.abort();
    const late = await attemptLater(() => sleep(1000, null, { signal: AbortSignal.timeout(1) }));
    return [seen, controller.signal.reason.name, late.split(" ")[0] !== ""];
  },
  targets: () => {
    const target = new EventTarget();
    const seen = [];
    target.addEventListener("x", (event) => seen.push(event.type, event instanceof Event));
    return [target.dispatchEvent(new Event("x", { cancelable: true })), seen];
  },
  emitter: async () => {
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit("x", 1, 2), 1);
    return once(emitter, "x");
  },
  assert: () => [
    attempt(() => assert.deepStrictEqual({ a: [1] }, { a: [1] })),
    attempt(() => assert.strictEqual(1, 2)),
    attempt(() => assert.throws(() => {})),
  ],
  small: () => [
    path.join("/a", "../b"),
    querystring.stringify({ a: [1, "é"] }),
    url.parse("https://a.b/c?d=1").query,
    new StringDecoder("utf8").write(Buffer.from([0xe2, 0x82])),
  ],
  promises: async () => [
    await Promise.all([1, sleep(1, 2)]),
    (await Promise.allSettled([Promise.reject(new Error("x"))]))[0].status,
    await Promise.race([sleep(50, "slow"), sleep(1, "fast")]),
  ],
  names: () =>
    ["URL", "Date", "Headers", "Response", "TextDecoder", "AbortSignal", "Blob", "Event"].map(
      (name) => globalThis[name].name,
    ),
  dates: () => [
    new Date(0).toISOString(),
    Date.UTC(2020, 1),
    typeof Date.now(),
    new Date(2020, 1) instanceof Date,
    typeof Date(),
    Object.prototype.toString.call(new Date()),
  ],
};

async function attemptLater(action) {
  try {
    return await action();
  } catch (error) {
    return `${error.name} ${error.code ?? ""}`;
  }
}

/** What every request must have anew. */
const own = () => ({
  random: Math.random(),
  more: [Math.random(), Math.random()],
  uuid: randomUUID(),
  bytes: randomBytes(8).toString("hex"),
  values: crypto.getRandomValues(new Uint32Array(2)).join(),
  integer: randomInt(2 ** 47),
});

/** Set while the component is built, if this is loaded then: it says so. */
let loaded = 0;
loaded += 1;

export const handler = async () => {
  const results = {};
  for (const [name, run] of Object.entries(CASES)) {
    results[name] = await attemptLater(run);
  }
  console.log("ran %d cases", Object.keys(CASES).length);
  console.error(new TypeError("told"));
  return {
    statusCode: 200,
    body: JSON.stringify({
      results,
      own: own(),
      loaded,
      now: Date.now(),
      env: process.env.PRELUDE_GRANTED ?? null,
      listed: Object.keys(process.env),
    }),
  };
};

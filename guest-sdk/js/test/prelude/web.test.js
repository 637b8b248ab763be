/** The web's classes against node's own: headers, messages, forms, events, clones. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { AbortController, AbortSignal } from "../../src/prelude/web/abort.js";
import { Blob, File } from "../../src/prelude/web/blob.js";
import { structuredClone } from "../../src/prelude/web/clone.js";
import { CustomEvent, Event, EventTarget } from "../../src/prelude/web/event.js";
import { FormData, MOST_FIELDS } from "../../src/prelude/web/form.js";
import { Headers } from "../../src/prelude/web/headers.js";
import { Request } from "../../src/prelude/web/request.js";
import { Response } from "../../src/prelude/web/response.js";
import { ReadableStream } from "../../src/prelude/web/streams.js";
import { URLSearchParams } from "../../src/prelude/web/url.js";
import { comparing } from "./both.js";

const OURS = {
  AbortController,
  AbortSignal,
  Blob,
  CustomEvent,
  Event,
  EventTarget,
  File,
  FormData,
  Headers,
  ReadableStream,
  Request,
  Response,
  URLSearchParams,
};
const { structuredClone: nodeClone } = globalThis;
const NODES = Object.fromEntries(
  Object.keys(OURS).map((name) => [name, name === "File" ? OURS.File : globalThis[name]]),
);
const { File: NodeFile } = await import("node:buffer");
NODES.File = NodeFile;

const same = comparing(OURS, NODES);

same("Headers", ({ Headers }) => {
  const headers = new Headers([
    ["B", " two "],
    ["a", "1"],
    ["A", "3"],
    ["set-cookie", "x=1"],
    ["Set-Cookie", "y=2"],
  ]);
  headers.append("c", "é");
  headers.delete("none");
  const seen = [];
  headers.forEach((value, name) => seen.push(`${name}:${value}`));
  return [
    [...headers],
    headers.get("A"),
    headers.get("set-cookie"),
    headers.getSetCookie(),
    headers.has("b"),
    headers.get("no"),
    seen,
    [...headers.keys()],
    [...new Headers({ x: 1 })],
    [...new Headers(headers)].length,
  ];
});

for (const [name, value] of [
  ["bad name", "x"],
  ["", "x"],
  ["a", "line\nbreak"],
  ["a", "\0"],
  ["a:", "b"],
]) {
  same(`Headers: ${JSON.stringify([name, value])} is refused`, ({ Headers }) => new Headers([[name, value]]).get("a"));
}

same(
  "Response: forms of a body and its type",
  async ({ Response, Blob, FormData, URLSearchParams, ReadableStream }) => {
    const form = new FormData();
    form.set("a", "1");
    const bodies = [
      null,
      "text é",
      new Uint8Array([1, 2]),
      new Uint8Array([1, 2]).buffer,
      new Blob(["b"], { type: "X/y" }),
      new URLSearchParams({ q: "é" }),
      5,
      new ReadableStream({
        start(c) {
          c.enqueue(new Uint8Array([65]));
          c.close();
        },
      }),
    ];
    const results = [];
    for (const body of bodies) {
      const response = new Response(body);
      results.push([
        response.headers.get("content-type"),
        response.bodyUsed,
        [...new Uint8Array(await response.arrayBuffer())],
        response.bodyUsed,
      ]);
    }
    const multipart = new Response(form);
    results.push(multipart.headers.get("content-type").split("=")[0], (await multipart.formData()).get("a"));
    return results;
  },
);

same("Response: statics and properties", async ({ Response }) => {
  const json = Response.json({ a: 1 }, { status: 201, headers: { x: "y" } });
  const redirect = Response.redirect("https://a.b/c", 303);
  const error = Response.error();
  return [
    [json.status, json.ok, json.headers.get("content-type"), json.headers.get("x"), await json.json()],
    [redirect.status, redirect.headers.get("location"), redirect.type],
    [error.type, error.status, error.ok],
    [
      new Response().type,
      new Response().url,
      new Response().statusText,
      new Response("", { status: 404 }).ok,
      new Response().body,
    ],
  ];
});

for (const steps of [
  ({ Response }) => new Response("x", { status: 204 }),
  ({ Response }) => new Response("", { status: 99 }),
  ({ Response }) => new Response("", { status: 600 }),
  ({ Response }) => new Response("", { statusText: "a\nb" }),
  ({ Response }) => Response.redirect("https://a.b", 200),
  ({ Response }) => Response.json(undefined),
  async ({ Response }) => {
    const r = new Response("x");
    await r.text();
    await r.text();
  },
  async ({ Response }) => {
    const r = new Response("x");
    await r.text();
    r.clone();
  },
  async ({ Response }) => {
    const r = new Response("x");
    r.body.getReader();
    await r.text();
  },
  ({ Response }) => new Response("{").json(),
  ({ Response }) => new Response("x").formData(),
  ({ Request }) => new Request("relative"),
  ({ Request }) => new Request("https://u:p@a.b"),
  ({ Request }) => new Request("https://a.b", { body: "x" }),
  ({ Request }) => new Request("https://a.b", { method: "a b" }),
  ({ Request }) => new Request("https://a.b", { method: "TRACE" }),
  ({ Request }) => new Request(),
  ({ AbortSignal }) => new AbortSignal(),
  ({ EventTarget }) => new EventTarget().dispatchEvent({}),
]) {
  same(`refused: ${String(steps).slice(0, 90)}`, async (classes) => void (await steps(classes)));
}

same("Response: clone, stream, text once", async ({ Response }) => {
  const response = new Response("héllo");
  const copy = response.clone();
  const pieces = [];
  for await (const piece of response.body) {
    pieces.push(...piece);
  }
  return [
    pieces,
    response.bodyUsed,
    await copy.text(),
    await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 65])).text(),
  ];
});

same("Request", async ({ Request, Headers, AbortController }) => {
  const controller = new AbortController();
  const request = new Request("https://a.b/c?d#e", {
    method: "post",
    headers: { "x-y": "z" },
    body: '{"a":1}',
    signal: controller.signal,
  });
  const copy = request.clone();
  const over = new Request(request, { headers: new Headers({ n: "m" }) });
  const patch = new Request("https://a.b", { method: "patch" });
  controller.abort();
  return [
    request.method,
    request.url,
    [...request.headers],
    request.bodyUsed,
    await copy.json(),
    over.method,
    [...over.headers],
    await over.text(),
    patch.method,
    copy.signal.aborted,
    request.redirect,
    request.credentials,
    request.cache,
    request.duplex,
  ];
});

test("a copy of a request keeps the method with which it came", () => {
  const came = new Request("https://a.b", { method: "POST", body: "a" });
  Object.defineProperty(came, "method", { value: "TRACK" });
  assert.equal(came.clone().method, "TRACK");
  assert.equal(new Request(came).method, "TRACK");
  assert.equal(new Request("https://a.b").clone().method, "GET");
});

same("FormData and files", async ({ FormData, File, Blob, Response }) => {
  const form = new FormData();
  form.append("a", "1");
  form.append("a", "two\nlines");
  form.set('b"c', new File([new Uint8Array([0, 255, 13, 10])], 'na"me.bin', { type: "application/x" }));
  form.append("d", new Blob(["blob"]));
  form.delete("none");
  const read = await new Response(form).formData();
  const file = read.get('b"c');
  return [
    [...read.keys()],
    read.getAll("a"),
    file.name,
    file.type,
    [...new Uint8Array(await file.arrayBuffer())],
    read.get("d").name,
    read.has("x"),
    read.get("x"),
  ];
});

test("a form's body is bounded and whole, or refused", async () => {
  const of = (body, type = "multipart/form-data; boundary=x") =>
    new Response(body, { headers: { "content-type": type } }).formData();
  const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
  assert.equal((await of(`${part}--x--`)).get("a"), "1");
  assert.equal((await of("a=1&b=%20", "application/x-www-form-urlencoded")).get("b"), " ");
  const bad = [
    "",
    "junk",
    part,
    "--x\r\nno-name: 1\r\n\r\n1\r\n--x--",
    part.repeat(MOST_FIELDS + 1) + "--x--",
    `--x\r\n${"h: v\r\n".repeat(5000)}\r\n\r\n--x--`,
  ];
  for (const body of bad) {
    await assert.rejects(of(body), TypeError, body.slice(0, 40));
  }
});

same("Blob", async ({ Blob }) => {
  const blob = new Blob(["ab", new Uint8Array([99]), new Blob(["d"])], { type: "Text/Plain" });
  return [
    blob.size,
    blob.type,
    await blob.text(),
    await blob.slice(1, 3, "x").text(),
    await blob.slice(-1).text(),
    new Blob().size,
  ];
});

same("events", ({ EventTarget, Event, CustomEvent, AbortController }) => {
  const target = new EventTarget();
  const seen = [];
  const controller = new AbortController();
  const listener = (event) => seen.push(["f", event.type, event.target === target, event.detail]);
  target.addEventListener("a", listener);
  target.addEventListener("a", listener);
  target.addEventListener(
    "a",
    { handleEvent: (event) => (seen.push("object"), event.preventDefault()) },
    { once: true },
  );
  target.addEventListener("a", () => seen.push("signal"), { signal: controller.signal });
  const first = target.dispatchEvent(new CustomEvent("a", { detail: 7, cancelable: true }));
  controller.abort();
  target.addEventListener("a", (event) => event.stopImmediatePropagation());
  target.addEventListener("a", () => seen.push("never"));
  const second = target.dispatchEvent(new Event("a"));
  target.removeEventListener("a", listener);
  return [seen, first, second];
});

same("aborting", async ({ AbortController, AbortSignal }) => {
  const controller = new AbortController();
  const seen = [];
  controller.signal.onabort = () => seen.push("on");
  controller.signal.addEventListener("abort", () => seen.push("listener"));
  const any = AbortSignal.any([controller.signal, new AbortController().signal]);
  controller.abort("why");
  controller.abort("again");
  const plain = AbortSignal.abort();
  let thrown;
  try {
    any.throwIfAborted();
  } catch (error) {
    thrown = error;
  }
  return [
    seen,
    controller.signal.reason,
    any.aborted,
    any.reason,
    thrown,
    plain.reason.name,
    AbortSignal.any([plain]).aborted,
  ];
});

test("structuredClone: as node's", () => {
  const shared = { a: 1 };
  const value = {
    date: new Date(5),
    re: /x/gi,
    map: new Map([[shared, shared]]),
    set: new Set([1n]),
    bytes: new Uint8Array([1, 2]),
    list: [, 1],
    error: new RangeError("e"),
    nested: { undefined: undefined },
  };
  value.self = value;
  const clone = structuredClone(value);
  assert.notEqual(clone, value);
  assert.equal(clone.self, clone);
  assert.deepEqual({ ...clone, self: 0, error: 0 }, { ...nodeClone(value), self: 0, error: 0 });
  assert.ok(clone.error instanceof RangeError && clone.error.message === "e");
  const [[key, kept]] = clone.map;
  assert.equal(key, kept);
  for (const bad of [() => {}, Symbol("x"), new WeakMap(), { deep: [() => {}] }]) {
    assert.throws(() => structuredClone(bad), { name: "DataCloneError" });
  }
});

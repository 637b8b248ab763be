/**
 * The test kit, `@vestibule/function/testing`, for node's own test runner: made-up events (`mockHttpEvent`, `mockContext`,
 * `mockSignedWebhook`), what stands in the host's place (`grantSecret`, `answer`, `logs`, …), and `Host`, which serves a component
 * as it will be served. Never in a component: the build refuses it.
 */
import { webcrypto } from "node:crypto";

import { HostError, fetch as hostFetch } from "#host";

import { world } from "./world.js";

export { Host } from "./host.js";
export { mockContext, mockHttpEvent, mockSignedWebhook } from "./mocks.js";
export { reset } from "./world.js";

const bytes = (value) => (typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(value));

/** Lets the function read a secret, as `[grants] secrets` of its policy does. */
export function grantSecret(name, value) {
  world.secrets.set(name, bytes(value));
}

/** Lets the function have something signed with a secret, as `[grants] sign` does. */
export function grantSign(name, value) {
  world.signing.set(name, bytes(value));
}

/**
 * Answers one request that the function sends, to exactly this URL. What is not set up is denied, as what is not granted.
 *
 * @param {string} method
 * @param {string} url
 * @param {{ status?: number, headers?: Record<string, string>, body?: unknown }} response a body that is no text or bytes is sent as JSON
 */
export function answer(method, url, { status = 200, headers = {}, body = "" } = {}) {
  const json = typeof body !== "string" && !(body instanceof Uint8Array);
  const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  if (json && !lines.some(([name]) => name === "content-type")) {
    lines.push(["content-type", "application/json"]);
  }
  const response = { status, headers: lines, body: bytes(json ? JSON.stringify(body) : body) };
  world.answers.push({ method, url: new URL(url).href, response });
}

/** Lets one such request fail, with the contract's word: `timeout`, `connect`, `dns`, `denied`, … */
export function fail(method, url, code, message = code) {
  world.answers.push({ method, url: new URL(url).href, error: { code, message } });
}

/** The requests that were sent, in order: `method`, `url`, `headers` (pairs), `body` (bytes). */
export function sent() {
  return [...world.sent];
}

/** The lines that were logged through the host, in order: `level`, `message`, `context`. */
export function logs() {
  return [...world.logs];
}

/** What `fetch` is in a test: the same as in a component, answered by `answer` and `fail`. Nothing leaves the process. */
async function fetchInTest(input, init) {
  const request = new Request(input, init);
  const body = new Uint8Array(await request.arrayBuffer());
  const { status, headers, body: content } = hostFetch({ method: request.method, url: request.url, headers: [...request.headers], body });
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : content, { status, headers });
}

// Functions have it; node has it from 20 on.
globalThis.crypto ??= webcrypto;

globalThis.fetch = (input, init) =>
  fetchInTest(input, init).catch((error) => {
    // As on the web: whatever it is, it is a TypeError, and says why in its cause.
    throw error instanceof HostError ? new TypeError(`fetch failed: ${error.message}`, { cause: error }) : error;
  });

/**
 * The host as a function sees it, inside of the component: thin words for the imports of the contract (`wit/`) and of WASI.
 * Everything else in this package reaches the host through here, under the name `#host`, which on node means its twin
 * `host.node.js`: the same names, for tests.
 *
 * It knows nothing of events, of promises or of what the web and node call these things. All calls block: the host lets
 * others run meanwhile. While the snapshot is made there is no host: what would freeze one value into every instance says so
 * by `atBuild`, and the build tool then loads the function at each request instead.
 *
 * @module #host
 */
import environment from "wasi:cli/environment@0.2.12";
import exit from "wasi:cli/exit@0.2.12";
import clock from "wasi:clocks/monotonic-clock@0.2.12";
import atomics from "wasi:keyvalue/atomics@0.2.0-draft";
import batch from "wasi:keyvalue/batch@0.2.0-draft";
import store from "wasi:keyvalue/store@0.2.0-draft";
import logging from "wasi:logging/logging@0.1.0-draft";
import random from "wasi:random/random@0.2.12";
import http from "vestibule:function/http@0.1.0";
import keyvalue from "vestibule:function/keyvalue@0.1.0";
import secrets from "vestibule:function/secrets@0.1.0";
import webhooks from "vestibule:function/webhooks@0.1.0";

import { HostError } from "./host-error.js";

export { HostError };

/** Whether this is a component; false on node. */
export const inComponent = true;

/** The most random bytes that the host gives in one call. */
const RANDOM_PART = 64 * 1024;

/** What was asked of a host that is not there yet, in the words of whoever asked; the build tool reads it. */
let asked = null;

/** The call that is going on, or null while the snapshot is made. */
let call = null;

/**
 * Begins the one call of this instance. Only the component's entry calls it.
 *
 * @param {object} context the contract's record `context`
 */
export function begin(context) {
  call = context;
}

/** The contract's record `context` of this call (`requestId`, `deadline`, `delivery`, `identity`, …), or null at build time. */
export function currentContext() {
  return call;
}

/** What the function asked for while the snapshot was made (`process.env`, `the time`, …), or null if nothing. */
export function askedAtBuild() {
  return asked;
}

/**
 * Ends the loading of a function in the snapshot if it needs what only a request has: every instance would have the same.
 *
 * @param {string} what what it needs, as its author calls it
 */
export function atBuild(what) {
  if (call === null) {
    asked ??= what;
    throw new HostError("at-build", `${what} is not there before a request`);
  }
}

/**
 * Writes one line to the host's log. At build time it is dropped.
 *
 * @param {"trace" | "debug" | "info" | "warn" | "error" | "critical"} level
 * @param {string} message
 * @param {string} [context] where it belongs; may be empty
 */
export function log(level, message, context = "") {
  if (call !== null) {
    logging.log(level, context, message);
  }
}

/**
 * Random bytes from the host's generator, fit for keys. Different in every instance.
 *
 * @param {number} count
 * @returns {Uint8Array}
 */
export function randomBytes(count) {
  atBuild("randomness");
  if (count <= RANDOM_PART) {
    return random.getRandomBytes(count);
  }
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += RANDOM_PART) {
    bytes.set(random.getRandomBytes(Math.min(RANDOM_PART, count - at)), at);
  }
  return bytes;
}

/**
 * A clock that never goes back, in milliseconds with a fraction. Only differences mean something.
 *
 * @returns {number}
 */
export function monotonicNow() {
  atBuild("the time");
  return clock.now() / 1e6;
}

/**
 * Waits. The call's deadline ends it in any case.
 *
 * @param {number} milliseconds
 */
export function sleep(milliseconds) {
  atBuild("waiting");
  if (milliseconds > 0) {
    // Rounded up: who waits until something is due must not wake just before.
    clock.subscribeDuration(Math.ceil(milliseconds * 1e6)).block();
  }
}

/**
 * The variables that the policy grants (`grants.env`), as a new object without a prototype.
 *
 * @returns {Record<string, string>}
 */
export function env() {
  atBuild("process.env");
  const variables = Object.create(null);
  for (const [name, value] of environment.getEnvironment()) {
    variables[name] = value;
  }
  return variables;
}

/**
 * Sends one request, as far as the policy grants it (`grants.http`). On node this is a promise: await it.
 *
 * @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array, timeoutMs?: number | null }} request
 * @returns {{ status: number, headers: [string, string][], body: Uint8Array }} redirects are not followed
 * @throws {HostError} with the contract's word as its `code`: `denied`, `invalid`, `dns`, `connect`, `tls`, `timeout`,
 *   `too-large`, `protocol`, `busy`
 */
export function fetch(request) {
  atBuild("fetch");
  return asHostError(() => http.fetch({ ...request, timeoutMs: request.timeoutMs ?? null }));
}

/**
 * Signs a payload of 1 MiB at the most with a secret that this function never sees (`grants.sign`).
 *
 * @param {string} secret the name of the secret
 * @param {string} scheme as in `host sign`: `github`, `stripe`, `standardwebhooks`, …
 * @param {Uint8Array} payload
 * @param {object} [parameters] of the contract: `method`, `url`, `id`, `eventType`, `timestamp` (Unix s), `keyId`,
 *   `contentSecret`
 * @returns {{ headers: [string, string][], payload: Uint8Array | null, url: string | null }}
 * @throws {HostError} `failed`, saying what to write in the policy or what parameter is missing
 */
export function sign(secret, scheme, payload, parameters = {}) {
  atBuild("webhooks.sign");
  const given = { method: null, url: null, id: null, eventType: null, timestamp: null, keyId: null, contentSecret: null };
  for (const name of Object.keys(given)) {
    given[name] = parameters[name] ?? null;
  }
  return asHostError(() => webhooks.sign(secret, scheme, payload, given));
}

/** Ends the instance at once, as a program that gives up does. The host names the cause: for one, that memory ran out. */
export function giveUp() {
  exit.exit({ tag: "err" });
}

/**
 * The bytes of a secret that the policy grants by name (`grants.secrets`).
 *
 * @param {string} name
 * @returns {Uint8Array}
 * @throws {HostError} `failed`, saying what to write in the policy
 */
export function secret(name) {
  atBuild(`secret(${JSON.stringify(name)})`);
  return asHostError(() => secrets.get(name));
}

/**
 * Opens a store that the policy grants (`grants.kv`). Every function of what it returns throws a `HostError`: `no-such-store`,
 * `access-denied` or `failed`.
 *
 * @param {string} name
 */
export function openStore(name) {
  atBuild(`store(${JSON.stringify(name)})`);
  const described = (error) => describeStoreError(name, error);
  const bucket = asHostError(() => store.open(name), described);
  const through = (action) => asHostError(action, described);
  return {
    get: (key) => through(() => bucket.get(key)),
    set: (key, value) => through(() => bucket.set(key, value)),
    delete: (key) => through(() => bucket.delete(key)),
    exists: (key) => through(() => bucket.exists(key)),
    listKeys: (cursor) => through(() => bucket.listKeys(cursor ?? null)),
    increment: (key, delta) => through(() => atomics.increment(bucket, key, delta)),
    getMany: (keys) => through(() => batch.getMany(bucket, keys)),
    setMany: (entries) => through(() => batch.setMany(bucket, entries)),
    deleteMany: (keys) => through(() => batch.deleteMany(bucket, keys)),
    setFor: (key, value, ms) => through(() => keyvalue.setFor(bucket, key, value, ms)),
    incrementFor: (key, delta, ms) => through(() => keyvalue.incrementFor(bucket, key, delta, ms)),
    compareAndSet: (key, expected, value, ms) =>
      through(() => keyvalue.compareAndSet(bucket, key, expected ?? null, value, ms ?? null)),
  };
}

/** An error of the contract, which the engine throws with what it carries as `payload`, in words. */
function describe(payload) {
  if (typeof payload === "string") {
    return { code: "failed", message: payload };
  }
  const code = payload?.tag ?? "failed";
  return { code, message: payload?.val ?? code };
}

function describeStoreError(name, payload) {
  switch (payload?.tag) {
    case "no-such-store":
      return { code: "no-such-store", message: `${JSON.stringify(name)} is no name for a store` };
    case "access-denied":
      return {
        code: "access-denied",
        message: `the store ${name} is not granted: write kv = ["${name}"] under [grants] in the function's policy`,
      };
    default:
      return { code: "failed", message: `the store ${name}: ${describe(payload).message}` };
  }
}

function asHostError(action, described = describe) {
  try {
    return action();
  } catch (error) {
    if (error === null || typeof error !== "object" || !("payload" in error)) {
      // No error of the contract but a value of a wrong type, which the engine refuses.
      throw error;
    }
    const { code, message } = described(error.payload);
    throw new HostError(code, message);
  }
}

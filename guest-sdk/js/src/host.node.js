/**
 * The host in a test on node: the same names as `host.js`, answered from memory by what the test has set up (`testing/world.js`).
 * Nothing of it is ever in a component. What a test did not grant is refused in the host's words, as it would be when served.
 *
 * @module #host (on node)
 */
import { randomFillSync } from "node:crypto";

import { HostError } from "./host-error.js";
import { signAs } from "./testing/schemes.js";
import { memoryStore } from "./testing/stores.js";
import { world } from "./testing/world.js";

export { HostError };

/** Whether this is a component; false on node. */
export const inComponent = false;

/** Begins a call: what `currentContext` returns from then on. */
export function begin(context) {
  world.context = context;
}

/** The contract's record `context` of the call that a test has begun, or null. */
export function currentContext() {
  return world.context;
}

/** Nothing is built here: always null. */
export function askedAtBuild() {
  return null;
}

/** Nothing is built here: does nothing. */
export function atBuild() {}

/** Keeps the line for `logs()`, and shows it where a test asks for that. */
export function log(level, message, context = "") {
  world.logs.push({ level, message, context });
}

/** Random bytes of node. */
export function randomBytes(count) {
  return randomFillSync(new Uint8Array(count));
}

/** A clock that never goes back, in milliseconds. */
export function monotonicNow() {
  return performance.now();
}

/** Waits, and blocks the thread as the host's does. */
export function sleep(milliseconds) {
  if (milliseconds > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  }
}

/** The variables of the process, as a new object without a prototype. */
export function env() {
  return Object.assign(Object.create(null), process.env);
}

/** What the test has set up for this method and URL; what it has not is `denied`. */
export function fetch(request) {
  world.sent.push(request);
  const at = world.answers.findIndex(({ method, url }) => method === request.method && url === request.url);
  if (at < 0) {
    throw new HostError("denied", `${request.method} ${request.url} is not set up: answer("${request.method}", "${request.url}", …)`);
  }
  const [{ response, error }] = world.answers.splice(at, 1);
  if (error !== undefined) {
    throw new HostError(error.code, error.message);
  }
  return response;
}

/** Signs with a secret that the test grants by `grantSign`. */
export function sign(secret, scheme, payload, parameters = {}) {
  const value = world.signing.get(secret);
  if (value === undefined) {
    throw new HostError("failed", `the secret ${secret} is not granted: grantSign("${secret}", …)`);
  }
  return signAs(scheme, { secret: value, payload, ...parameters });
}

/** Ends the call. */
export function giveUp() {
  throw new HostError("failed", "the function gave up");
}

/** The bytes of a secret that the test grants by `grantSecret`. */
export function secret(name) {
  const value = world.secrets.get(name);
  if (value === undefined) {
    throw new HostError("failed", `the secret ${name} is not granted: grantSecret("${name}", …)`);
  }
  return Uint8Array.from(value);
}

/** A store in memory; every name that is one is there, and empty at first. */
export function openStore(name) {
  if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i.test(name)) {
    throw new HostError("no-such-store", `${JSON.stringify(name)} is no name for a store`);
  }
  let store = world.stores.get(name);
  if (store === undefined) {
    store = memoryStore();
    world.stores.set(name, store);
  }
  return store;
}

/**
 * Stores of keys and values, which outlive the request and are shared with every function that is granted them
 * (`[grants] kv = ["orders"]`). The words are those of the Rust SDK's `vestibule::kv`; the stores are the host's, or a test's own.
 *
 * Every call is over when it returns: nothing has to be awaited, and what was written is on disk. A call that throws has changed
 * nothing, unless the error says that the store does not work.
 */
import { openStore } from "#host";

import { bytesOf, textOf } from "./handler/text.js";

/** The longest that a value may live: ten years, in milliseconds. */
const LONGEST = 10 * 365 * 24 * 3600 * 1000;

/** How often `updateJson` begins anew while others write the same key, before it gives up. */
const ATTEMPTS = 100;

function toBytes(value) {
  if (typeof value === "string") {
    return bytesOf(value);
  }
  if (value instanceof Uint8Array) {
    return value;
  }
  if (value instanceof ArrayBuffer) {
    return new Uint8Array(value);
  }
  throw new TypeError("a value of a store is a text or a Uint8Array; setJson takes anything that JSON can say");
}

function toText(bytes, key) {
  if (bytes === null || bytes === undefined) {
    return null;
  }
  const text = textOf(bytes);
  if (text === null) {
    throw new TypeError(`the value at ${JSON.stringify(key)} is no UTF-8: read it with getBytes`);
  }
  return text;
}

function toMilliseconds({ ttl } = {}) {
  if (ttl === undefined) {
    return null;
  }
  const ms = ttl * 1000;
  if (!(ms >= 1 && ms <= LONGEST)) {
    throw new RangeError(`ttl is in seconds, from 0.001 to ten years, and is ${ttl}`);
  }
  return Math.round(ms);
}

function toDelta(delta) {
  if (!Number.isSafeInteger(delta) || delta < 0) {
    throw new RangeError(`increment adds a whole number from 0 on, and not ${delta}`);
  }
  return delta;
}

/** A store. */
class Store {
  #host;

  constructor(host) {
    this.#host = host;
  }

  get(key) {
    return toText(this.#host.get(key), key);
  }

  getBytes(key) {
    return this.#host.get(key) ?? null;
  }

  getJson(key) {
    const text = this.get(key);
    if (text === null) {
      return null;
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new TypeError(`the value at ${JSON.stringify(key)} is no JSON: ${error.message}`);
    }
  }

  set(key, value, options) {
    const ms = toMilliseconds(options);
    const bytes = toBytes(value);
    if (ms === null) {
      this.#host.set(key, bytes);
    } else {
      this.#host.setFor(key, bytes, ms);
    }
  }

  setJson(key, value, options) {
    this.set(key, asJson(value), options);
  }

  setIfAbsent(key, value, options) {
    return this.#host.compareAndSet(key, null, toBytes(value), toMilliseconds(options));
  }

  compareAndSet(key, expected, value, options) {
    const before = expected === null || expected === undefined ? null : toBytes(expected);
    return this.#host.compareAndSet(key, before, toBytes(value), toMilliseconds(options));
  }

  updateJson(key, change) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = this.#host.get(key) ?? null;
      const value = change(before === null ? null : JSON.parse(toText(before, key)));
      if (this.#host.compareAndSet(key, before, bytesOf(asJson(value)), null)) {
        return value;
      }
    }
    throw new Error(`the value at ${JSON.stringify(key)} was changed by others ${ATTEMPTS} times meanwhile`);
  }

  delete(key) {
    this.#host.delete(key);
  }

  exists(key) {
    return this.#host.exists(key);
  }

  increment(key, delta = 1, options) {
    const ms = toMilliseconds(options);
    return ms === null
      ? this.#host.increment(key, toDelta(delta))
      : this.#host.incrementFor(key, toDelta(delta), ms);
  }

  *list({ prefix = "" } = {}) {
    let cursor = null;
    do {
      const page = this.#host.listKeys(cursor);
      for (const key of page.keys) {
        if (key.startsWith(prefix)) {
          yield key;
        }
      }
      cursor = page.cursor ?? null;
    } while (cursor !== null);
  }

  getMany(keys) {
    return this.#host.getMany(keys).map((entry, at) => (entry ? toText(entry[1], keys[at]) : null));
  }

  setMany(entries) {
    const pairs = Array.isArray(entries) ? entries : Object.entries(entries);
    this.#host.setMany(pairs.map(([key, value]) => [key, toBytes(value)]));
  }

  deleteMany(keys) {
    this.#host.deleteMany(keys);
  }
}

function asJson(value) {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`JSON cannot say this value, of type ${typeof value}`);
  }
  return text;
}

/**
 * Opens the store of this name.
 *
 * @param {string} name as the policy grants it
 * @returns {Store}
 * @throws {HostError} `access-denied`, saying the line to write, or `no-such-store`
 */
export function store(name) {
  return new Store(openStore(name));
}

/**
 * A store in memory, with the functions that `openStore` of the host gives, and what they promise: values are copies, a number is
 * kept as its decimal digits, a time to live ends a value. For tests; the host's stores are elsewhere.
 */
import { HostError } from "../host-error.js";

/** The host's largest number. */
const LARGEST = 9223372036854775807n;

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function numberIn(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    text = "";
  }
  if (!/^\d{1,19}$/.test(text)) {
    throw new HostError("failed", "the value is no number");
  }
  return BigInt(text);
}

/** An empty store. */
export function memoryStore() {
  const entries = new Map();
  const found = (key) => {
    const entry = entries.get(key);
    if (entry !== undefined && entry.ends <= Date.now()) {
      entries.delete(key);
      return undefined;
    }
    return entry;
  };
  const put = (key, value, ms = null) => {
    entries.set(key, { value: Uint8Array.from(value), ends: ms === null ? Infinity : Date.now() + ms });
  };
  const get = (key) => {
    const entry = found(key);
    return entry === undefined ? null : Uint8Array.from(entry.value);
  };
  const add = (key, delta, ms) => {
    const entry = found(key);
    const sum = (entry === undefined ? 0n : numberIn(entry.value)) + BigInt(delta);
    if (sum > LARGEST) {
      throw new HostError("failed", "the number would be too large");
    }
    const bytes = encoder.encode(String(sum));
    if (entry === undefined) {
      put(key, bytes, ms);
    } else {
      entry.value = bytes;
    }
    return Number(sum);
  };
  return {
    get,
    set: (key, value) => put(key, value),
    delete: (key) => void entries.delete(key),
    exists: (key) => found(key) !== undefined,
    listKeys: () => ({ keys: [...entries.keys()].filter((key) => found(key) !== undefined), cursor: null }),
    increment: (key, delta) => add(key, delta, null),
    getMany: (keys) => keys.map((key) => (found(key) === undefined ? null : [key, get(key)])),
    setMany: (pairs) => pairs.forEach(([key, value]) => put(key, value)),
    deleteMany: (keys) => keys.forEach((key) => entries.delete(key)),
    setFor: (key, value, ms) => put(key, value, ms),
    incrementFor: (key, delta, ms) => add(key, delta, ms),
    compareAndSet: (key, expected, value, ms) => {
      const before = get(key);
      const agrees = before === null || expected === null ? before === expected : same(before, expected);
      if (agrees) {
        put(key, value, ms);
      }
      return agrees;
    },
  };
}

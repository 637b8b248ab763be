/**
 * `structuredClone`: a copy all the way down, of what the web's algorithm copies. Owns the kinds; getters run, as they
 * do there. Of what can be handed over, buffers are (`transfer`): the given one is empty then.
 */
import { isArrayBuffer, isBoxed, isDate, isError, isMap, isPromise, isRegExp, isSet } from "../values.js";
import { Blob, File, blobBytes } from "./blob.js";

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function uncloneable(value) {
  const what =
    typeof value === "function" ? `${value.name || "(anonymous)"}()` : String(Object.prototype.toString.call(value));
  return new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

/**
 * A copy of a value.
 * @template T
 * @param {T} value
 * @param {{ transfer?: ArrayBuffer[] }} [options]
 * @returns {T}
 * @throws {DOMException} `DataCloneError` for functions, symbols, promises and the like
 */
export function structuredClone(value, options) {
  if (arguments.length === 0) {
    throw new TypeError("structuredClone: the value is missing");
  }
  const moved = new Set(options?.transfer ?? []);
  for (const item of moved) {
    if (!(item instanceof ArrayBuffer)) {
      throw uncloneable(item);
    }
  }
  const copy = copied(value, new Map(), moved);
  for (const buffer of moved) {
    if (buffer.byteLength > 0) {
      buffer.transfer?.();
    }
  }
  return copy;
}

function copied(value, seen, moved) {
  if (typeof value === "symbol" || typeof value === "function") {
    throw uncloneable(value);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (seen.has(value)) {
    return seen.get(value);
  }
  const keep = (copy) => (seen.set(value, copy), copy);
  const again = (inner) => copied(inner, seen, moved);
  const simple = copyOfOne(value, again);
  if (simple !== undefined) {
    return keep(simple);
  }
  if (isMap(value)) {
    const copy = keep(new Map());
    for (const [key, item] of [...Map.prototype.entries.call(value)]) {
      copy.set(again(key), again(item));
    }
    return copy;
  }
  if (isSet(value)) {
    const copy = keep(new Set());
    for (const item of [...Set.prototype.values.call(value)]) {
      copy.add(again(item));
    }
    return copy;
  }
  if (isError(value)) {
    return errorCopy(value, keep, again);
  }
  if (isPromise(value) || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw uncloneable(value);
  }
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) {
    Object.defineProperty(copy, key, {
      value: again(value[key]),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

/** What holds no other values, or bytes alone. */
function copyOfOne(value, again) {
  if (isBoxed(value)) {
    if (typeof value.valueOf() === "symbol") {
      throw uncloneable(value);
    }
    return Object(value.valueOf());
  }
  if (isDate(value)) {
    return new Date(Date.prototype.getTime.call(value));
  }
  if (isRegExp(value)) {
    return new RegExp(value.source, value.flags);
  }
  if (isArrayBuffer(value)) {
    return value.slice(0);
  }
  if (ArrayBuffer.isView(value)) {
    // A Buffer comes out as the bytes that it is.
    const Type = value instanceof DataView ? DataView : globalThis[value[Symbol.toStringTag]];
    return new Type(again(value.buffer), value.byteOffset, value instanceof DataView ? value.byteLength : value.length);
  }
  if (value instanceof File) {
    return new File([blobBytes(value)], value.name, { type: value.type, lastModified: value.lastModified });
  }
  return value instanceof Blob ? new Blob([blobBytes(value)], { type: value.type }) : undefined;
}

function errorCopy(value, keep, again) {
  const Type = Object.hasOwn(ERRORS, value.name) ? ERRORS[value.name] : Error;
  const copy = keep(new Type(String(value.message)));
  const put = (name, inner) => Object.defineProperty(copy, name, { value: inner, writable: true, configurable: true });
  if (typeof value.stack === "string") {
    put("stack", value.stack);
  }
  if (Object.hasOwn(value, "cause")) {
    put("cause", again(value.cause));
  }
  return copy;
}

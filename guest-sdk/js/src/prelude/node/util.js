/**
 * `node:util`: printing, promises of callbacks, questions about types. Owns none of what it hands out but the small
 * ones; what needs a terminal or an engine's inside is not here.
 */
import { alike } from "../equal.js";
import { format, formatWithOptions, inspect } from "../inspect.js";
import { unsupplied } from "../unsupplied.js";
import * as values from "../values.js";
import { TextDecoder, TextEncoder } from "../web/encoding.js";
import { wellFormed } from "../../well-formed.js";

const customPromise = Symbol.for("nodejs.util.promisify.custom");

/** A function that takes a callback at the end, as one that gives a promise. */
export function promisify(original) {
  if (typeof original !== "function") {
    throw Object.assign(new TypeError('The "original" argument must be of type function'), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  if (typeof original[customPromise] === "function") {
    return original[customPromise];
  }
  const made = function (...args) {
    return new Promise((resolve, reject) => {
      original.call(this, ...args, (error, value) => (error ? reject(error) : resolve(value)));
    });
  };
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = customPromise;

/** A function that gives a promise, as one that takes a callback at the end. */
export function callbackify(original) {
  return function (...args) {
    const callback = args.pop();
    original.apply(this, args).then(
      (value) => queueMicrotask(() => callback(null, value)),
      (error) => queueMicrotask(() => callback(error ?? new Error("the promise was rejected with nothing"))),
    );
  };
}

/** Lets a constructor inherit, as before classes. */
export function inherits(constructor, parent) {
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

/** A function that warns once that it is deprecated. */
export function deprecate(original, message, code) {
  let warned = false;
  return function (...args) {
    if (!warned) {
      warned = true;
      console.warn(`DeprecationWarning: ${code ? `[${code}] ` : ""}${message}`);
    }
    return new.target ? Reflect.construct(original, args, new.target) : original.apply(this, args);
  };
}

/** `NODE_DEBUG` does not exist here: nothing is written. */
export function debuglog() {
  return Object.assign(() => {}, { enabled: false });
}
export const debug = debuglog;

export function isDeepStrictEqual(one, other) {
  return alike(one, other);
}

export function stripVTControlCharacters(text) {
  return String(text).replace(/[\u001b\u009b][[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]/g, "");
}

/** Nobody sees colours in a log: the text as it is. */
export function styleText(style, text) {
  return text;
}

export function toUSVString(text) {
  return wellFormed(String(text));
}

const tagged = (name) => (value) => Object.prototype.toString.call(value) === `[object ${name}]`;
const isObject = (value) => typeof value === "object" && value !== null;
const typed = (name) => (value) => isObject(value) && values.isTypedArray(value) && value[Symbol.toStringTag] === name;

/** What a value is, whatever it says of itself. */
export const types = {
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer,
  isArrayBuffer: (value) => values.isArrayBuffer(value),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isAsyncFunction: tagged("AsyncFunction"),
  isBigInt64Array: typed("BigInt64Array"),
  isBigUint64Array: typed("BigUint64Array"),
  isBooleanObject: (value) => isObject(value) && value instanceof Boolean,
  isBoxedPrimitive: (value) => isObject(value) && values.isBoxed(value),
  isDataView: (value) => ArrayBuffer.isView(value) && !values.isTypedArray(value),
  isDate: (value) => values.isDate(value),
  isFloat32Array: typed("Float32Array"),
  isFloat64Array: typed("Float64Array"),
  isGeneratorFunction: (value) => tagged("GeneratorFunction")(value) || tagged("AsyncGeneratorFunction")(value),
  isGeneratorObject: tagged("Generator"),
  isInt16Array: typed("Int16Array"),
  isInt32Array: typed("Int32Array"),
  isInt8Array: typed("Int8Array"),
  isMap: (value) => values.isMap(value),
  isMapIterator: tagged("Map Iterator"),
  isNativeError: (value) => value instanceof Error,
  isNumberObject: (value) => isObject(value) && value instanceof Number,
  isPromise: (value) => values.isPromise(value),
  isRegExp: (value) => isObject(value) && values.isRegExp(value),
  isSet: (value) => values.isSet(value),
  isSetIterator: tagged("Set Iterator"),
  isSharedArrayBuffer: (value) => value instanceof SharedArrayBuffer,
  isStringObject: (value) => isObject(value) && value instanceof String,
  isSymbolObject: (value) => isObject(value) && value instanceof Symbol,
  isTypedArray: (value) => isObject(value) && values.isTypedArray(value),
  isUint16Array: typed("Uint16Array"),
  isUint32Array: typed("Uint32Array"),
  isUint8Array: typed("Uint8Array"),
  isUint8ClampedArray: typed("Uint8ClampedArray"),
  isWeakMap: (value) => value instanceof WeakMap,
  isWeakSet: (value) => value instanceof WeakSet,
};

export const isArray = Array.isArray;

const lacking = unsupplied("node:util", {
  parseArgs: "a function has no command line",
  parseEnv: "the environment is what the policy grants: process.env",
  getSystemErrorName: "nothing here gives numbers of a system's errors",
});

export const { parseArgs, parseEnv, getSystemErrorName } = lacking;

export { TextDecoder, TextEncoder, format, formatWithOptions, inspect };

export default {
  ...lacking,
  TextDecoder,
  TextEncoder,
  callbackify,
  debug,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray,
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters,
  styleText,
  toUSVString,
  types,
};

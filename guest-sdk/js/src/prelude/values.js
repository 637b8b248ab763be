/**
 * What kind of thing a value is, and its parts, for those who print or compare. Owns the kinds; runs no getter of the
 * value.
 */
import { TABLE, framesOf } from "../runtime/stack.js";

const tagOf = Object.prototype.toString;

/**
 * Whether this is a getter's object without running anything of the value's own: each probe is the language's own
 * method.
 */
function passes(probe, value) {
  try {
    probe.call(value);
    return true;
  } catch {
    return false;
  }
}

const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedName = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size").get;
const bufferLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;
const regexpSource = Object.getOwnPropertyDescriptor(RegExp.prototype, "flags").get;

export const isTypedArray = (value) => typedName.call(value) !== undefined;
export const isMap = (value) => passes(mapSize, value);
export const isSet = (value) => passes(setSize, value);
export const isDate = (value) => passes(Date.prototype.getTime, value);
export const isArrayBuffer = (value) => passes(bufferLength, value);
export const isRegExp = (value) => value instanceof RegExp && passes(regexpSource, value);
export const isError = (value) => value instanceof Error || tagOf.call(value) === "[object Error]";
export const isPromise = (value) => value instanceof Promise;
export const isBoxed = (value) =>
  value instanceof Number ||
  value instanceof String ||
  value instanceof Boolean ||
  value instanceof Symbol ||
  value instanceof BigInt;

/**
 * The kind of an object or function.
 * @returns {'array'|'function'|'error'|'date'|'regexp'|'boxed'|'typed'|'map'|'set'|'buffer'|'promise'|'weak'|'plain'}
 */
export function kindOf(value) {
  if (Array.isArray(value)) return "array";
  if (typeof value === "function") return "function";
  if (isError(value)) return "error";
  if (isTypedArray(value)) return "typed";
  if (isMap(value)) return "map";
  if (isSet(value)) return "set";
  if (isDate(value)) return "date";
  if (isRegExp(value)) return "regexp";
  if (isArrayBuffer(value)) return "buffer";
  if (isPromise(value)) return "promise";
  if (value instanceof WeakMap || value instanceof WeakSet) return "weak";
  return isBoxed(value) ? "boxed" : "plain";
}

/** The name of the class; empty for an object without a prototype. */
export function className(value) {
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const maker = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof maker === "function") {
      const name = Object.getOwnPropertyDescriptor(maker, "name")?.value;
      if (typeof name === "string" && name !== "") return name;
    }
  }
  return "";
}

/** The names of the properties to print: those that are no item, and of errors not what the text says already. */
export function keysOf(value, kind, hidden) {
  const all = hidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  const indexed = kind === "array" || kind === "typed" || (kind === "boxed" && value instanceof String);
  const named = indexed ? all.filter((key) => !/^(0|[1-9]\d*)$/.test(key)) : all;
  const symbols = Object.getOwnPropertySymbols(value).filter(
    (symbol) => hidden || Object.prototype.propertyIsEnumerable.call(value, symbol),
  );
  const keys = [...named, ...symbols];
  if (kind !== "error") return keys;
  const own = keys.filter((key) => key !== "stack" && key !== "message" && key !== "name");
  for (const key of ["cause", "errors"]) if (Object.hasOwn(value, key) && !own.includes(key)) own.push(key);
  return own;
}

/** The items of a collection, each as `show` says, and how many more there are. */
export function entriesOf(value, kind, most, show) {
  const items = [];
  const more = (count) => {
    if (count > 0) items.push(`... ${count} more item${count > 1 ? "s" : ""}`);
  };
  if (kind === "array") arrayItems(value, most, show, items, more);
  else if (kind === "typed") {
    const shown = Math.min(most, value.length);
    for (let at = 0; at < shown; at++) items.push(show(value[at]));
    more(value.length - shown);
  } else if (kind === "map" || kind === "set") {
    const each = kind === "map" ? Map.prototype.entries.call(value) : Set.prototype.values.call(value);
    for (const item of each) {
      if (items.length >= most) break;
      items.push(show(item, kind === "map"));
    }
    more(value.size - items.length);
  } else if (kind === "buffer") {
    const bytes = new Uint8Array(value);
    const hex = Array.from(bytes.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const rest = bytes.length > 50 ? ` ... ${bytes.length - 50} more byte${bytes.length > 51 ? "s" : ""}` : "";
    items.push(`[Uint8Contents]: <${hex}${rest}>`, `byteLength: ${bytes.length}`);
  } else if (kind === "promise") items.push("<state unknown>");
  return items;
}

function arrayItems(value, most, show, items, more) {
  let at = 0;
  while (at < value.length && items.length < most) {
    if (Object.hasOwn(value, at)) {
      const property = Object.getOwnPropertyDescriptor(value, at);
      items.push(property.get ? "[Getter]" : show(property.value));
      at += 1;
      continue;
    }
    // A sparse array can be four thousand million holes long: the next item is looked up, not walked to.
    const next = nextIndex(value, at);
    items.push(`<${next - at} empty item${next - at > 1 ? "s" : ""}>`);
    at = next;
  }
  more(value.length - at);
}

function nextIndex(value, from) {
  for (let at = from; at < Math.min(value.length, from + 1000); at++) if (Object.hasOwn(value, at)) return at;
  const next = Object.keys(value).find((key) => /^(0|[1-9]\d*)$/.test(key) && Number(key) >= from);
  return next === undefined ? value.length : Number(next);
}

/**
 * An error as its name and message, then its stack: in a component the author's own lines, on node what node says.
 * QuickJS leaves the first line out of `stack`, node has it there.
 */
export function errorText(error) {
  const read = (key) => {
    try {
      const value = error[key];
      return typeof value === "string" ? value : "";
    } catch {
      return "";
    }
  };
  const message = read("message");
  const stack = read("stack").trimEnd();
  const name = read("name") || className(error) || "Error";
  const head = message === "" ? name : `${name}: ${message}`;
  if (stack === "") return `[${head}]`;
  if (globalThis[TABLE] !== undefined) return [head, ...framesOf(error)].join("\n    ");
  return /^\s*at /.test(stack) ? `${head}\n${stack}` : stack;
}

/** A function, or a class, by its name. */
export function functionText(value, name) {
  const source = Function.prototype.toString.call(value);
  const own = Object.getOwnPropertyDescriptor(value, "name")?.value;
  const named = typeof own === "string" && own !== "";
  if (/^class[\s{]/.test(source)) {
    const parent = Object.getPrototypeOf(value);
    const extended = typeof parent === "function" && parent.name ? ` extends ${parent.name}` : "";
    return `[class ${named ? own : "(anonymous)"}${extended}]`;
  }
  return named ? `[${name || "Function"}: ${own}]` : `[${name || "Function"} (anonymous)]`;
}

/** A text between the quotes that need least escaping, with what cannot be seen escaped. */
export function quote(text) {
  const mark = !text.includes("'")
    ? "'"
    : !text.includes('"')
      ? '"'
      : !text.includes("`") && !text.includes("${")
        ? "`"
        : "'";
  let out = mark;
  for (const char of text) {
    const code = char.codePointAt(0);
    if (char === mark || char === "\\") out += `\\${char}`;
    else if (char === "\n") out += "\\n";
    else if (char === "\t") out += "\\t";
    else if (char === "\r") out += "\\r";
    else if (char === "\b") out += "\\b";
    else if (char === "\f") out += "\\f";
    else if (char === "\v") out += "\\v";
    else if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
      out += `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += `\\u${code.toString(16).toUpperCase()}`;
    else out += char;
  }
  return out + mark;
}

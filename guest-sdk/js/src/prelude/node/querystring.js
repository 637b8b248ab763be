/**
 * `node:querystring`: names and values in a query, the old way. Owns that form: repeated names become lists, and what
 * is wrongly encoded is kept rather than refused.
 */
import { wellFormed } from "../../well-formed.js";


/** A text without its percent signs; bytes that are no UTF-8 become U+FFFD. */
export function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    const latin1 = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return /^[\0-\xff]*$/.test(latin1)
      ? new TextDecoder().decode(Uint8Array.from(latin1, (char) => char.charCodeAt(0)))
      : text;
  }
}

export function escape(value) {
  const text = typeof value === "object" ? String(value) : `${value}`;
  return encodeURIComponent(wellFormed(text));
}

/**
 * A query as an object without a prototype.
 * @param {string} text without the `?`
 * @param {string} [separator]
 * @param {string} [equals]
 * @param {{ maxKeys?: number, decodeURIComponent?: (text: string) => string }} [options] 1000 keys if nothing is said;
 *   0 for all
 */
export function parse(text, separator = "&", equals = "=", options = {}) {
  const found = Object.create(null);
  if (typeof text !== "string" || text === "") {
    return found;
  }
  const most = options?.maxKeys ?? 1000;
  const given = options?.decodeURIComponent;
  // What has no escape in it is not decoded, and so not taken for wrong bytes.
  const decode = given ?? ((piece) => (/%[\da-f]{2}/i.test(piece) ? unescape(piece) : piece));
  const parts = text.split(separator || "&");
  for (const part of most > 0 ? parts.slice(0, most) : parts) {
    if (part === "") {
      continue;
    }
    const at = part.indexOf(equals || "=");
    const plain = (piece) => decode(piece.replaceAll("+", " "));
    const name = plain(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? "" : plain(part.slice(at + (equals || "=").length));
    if (!Object.hasOwn(found, name)) {
      found[name] = value;
    } else if (Array.isArray(found[name])) {
      found[name].push(value);
    } else {
      found[name] = [found[name], value];
    }
  }
  return found;
}

/** An object as a query. */
export function stringify(object, separator = "&", equals = "=", options = {}) {
  if (typeof object !== "object" || object === null) {
    return "";
  }
  const encode = options?.encodeURIComponent ?? escape;
  const plain = (value) =>
    ["string", "boolean", "bigint"].includes(typeof value) || (typeof value === "number" && isFinite(value))
      ? encode(`${value}`)
      : "";
  const one = (name, value) => `${encode(name)}${equals || "="}${plain(value)}`;
  return Object.entries(object)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((item) => one(name, item)) : [one(name, value)]))
    .join(separator || "&");
}

export { parse as decode, stringify as encode };
export default { decode: parse, encode: stringify, escape, parse, stringify, unescape };

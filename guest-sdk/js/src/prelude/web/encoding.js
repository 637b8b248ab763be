/**
 * `TextEncoder` and `TextDecoder`: text as bytes and back. Owns the fast ways for UTF-8, which go through what the
 * engine has built in (a loop over bytes is ten times slower there), and the words for it that the rest of the prelude
 * uses. All other encodings and all special cases are those of `@exodus/bytes`.
 */
import { TextDecoder as FullDecoder, TextEncoder as FullEncoder } from "@exodus/bytes/encoding-lite.js";
import { wellFormed } from "../../well-formed.js";

/**
 * Whether the engine has Base64 of bytes, over which bytes and texts of one byte a character are exchanged without a
 * loop.
 */
const native = typeof Uint8Array.fromBase64 === "function" && typeof Uint8Array.prototype.toBase64 === "function";

/** How many arguments a call may have, in any engine. */
const PART = 4096;

/**
 * Bytes as a text with one character for each.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function latin1(bytes) {
  if (native) {
    return atob(bytes.toBase64());
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += PART) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + PART));
  }
  return text;
}

/**
 * The bytes of a text that has one character for each.
 * @param {string} text no character above U+00FF
 * @returns {Uint8Array}
 */
export function fromLatin1(text) {
  if (native) {
    return Uint8Array.fromBase64(btoa(text));
  }
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Bytes as hexadecimal digits, in lower case. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes as Base64, in the alphabet of URLs and without padding. */
export function toBase64url(bytes) {
  return btoa(latin1(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The bytes of Base64, in either alphabet, with or without padding.
 * @param {string} text
 * @returns {Uint8Array | undefined} nothing if it is none
 */
export function fromBase64url(text) {
  try {
    return fromLatin1(atob(String(text).replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}

/**
 * A text's bytes in UTF-8; a half of a surrogate pair becomes U+FFFD, as on the web.
 * @param {string} text
 * @returns {Uint8Array}
 */
export function toUtf8(text) {
  return fromLatin1(unescape(encodeURIComponent(wellFormed(text))));
}

/**
 * The text of bytes in UTF-8.
 * @param {Uint8Array} bytes
 * @returns {string | undefined} nothing if they are no UTF-8
 */
function strictUtf8(bytes) {
  const text = latin1(bytes);
  if (!/[\x80-\xff]/.test(text)) {
    return text;
  }
  try {
    return decodeURIComponent(escape(text));
  } catch {
    return undefined;
  }
}

/**
 * Any bytes as text, as `new TextDecoder().decode` has it: what is no UTF-8 becomes U+FFFD, a mark at the start is
 * dropped.
 */
export function fromUtf8(bytes) {
  return plain.decode(bytes);
}

/** The web's encoder, always UTF-8. */
export class TextEncoder {
  #full = new FullEncoder();

  get encoding() {
    return "utf-8";
  }
  /** @param {string} [text] @returns {Uint8Array} */
  encode(text = "") {
    return toUtf8(String(text));
  }
  /** Encodes as much as fits. @returns {{ read: number, written: number }} characters and bytes */
  encodeInto(text, target) {
    return this.#full.encodeInto(text, target);
  }
  get [Symbol.toStringTag]() {
    return "TextEncoder";
  }
}

/** Bytes of whatever holds them. */
export function bytesOf(source) {
  if (source instanceof Uint8Array) {
    return source;
  }
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    return new Uint8Array(source);
  }
  const error = new TypeError("These are no bytes: give an ArrayBuffer, a typed array, a DataView or a Buffer");
  error.code = "ERR_INVALID_ARG_TYPE";
  throw error;
}

/** The web's decoder, for all encodings of one or two bytes a character and UTF-8. */
export class TextDecoder {
  #full;
  #streams = false;

  constructor(label = "utf-8", options = {}) {
    this.#full = new FullDecoder(label, options ?? {});
  }
  get encoding() {
    return this.#full.encoding;
  }
  get fatal() {
    return this.#full.fatal;
  }
  get ignoreBOM() {
    return this.#full.ignoreBOM;
  }
  /**
   * @param {ArrayBuffer | ArrayBufferView} [source]
   * @param {{ stream?: boolean }} [options] `stream` if more follows
   * @returns {string}
   * @throws {TypeError} with `fatal`, if the bytes are not of this encoding
   */
  decode(source, options) {
    const bytes = source === undefined ? new Uint8Array() : bytesOf(source);
    const streams = options?.stream === true;
    if (this.encoding === "utf-8" && !streams && !this.#streams) {
      const text = strictUtf8(bytes);
      if (text !== undefined) {
        return text.charCodeAt(0) === 0xfeff && !this.ignoreBOM ? text.slice(1) : text;
      }
    }
    this.#streams = streams;
    try {
      return this.#full.decode(bytes, { stream: streams });
    } catch (error) {
      this.#streams = false;
      error.code ??= "ERR_ENCODING_INVALID_ENCODED_DATA";
      throw error;
    }
  }
  get [Symbol.toStringTag]() {
    return "TextDecoder";
  }
}

const plain = new TextDecoder();

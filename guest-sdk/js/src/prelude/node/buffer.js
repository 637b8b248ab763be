/**
 * `node:buffer`, by the package `buffer`. Owns what node has had since that package stood still: `base64url`, the names
 * that live beside `Buffer`, and ways between texts and bytes that do not go byte by byte.
 */
import plain from "buffer/index.js";

import { custom } from "../inspect.js";
import { Blob, File } from "../web/blob.js";
import {
  TextDecoder,
  bytesOf,
  fromBase64url,
  fromLatin1,
  fromUtf8,
  latin1,
  toBase64url,
  toHex,
  toUtf8,
} from "../web/encoding.js";

const { Buffer: Plain, INSPECT_MAX_BYTES, SlowBuffer, kMaxLength } = plain;

const isEncoding = (name) => /^(base64url|utf-?8|binary|latin1|ascii|hex|base64|ucs-?2|utf-?16le)$/i.test(name);
const lower = (encoding) => (typeof encoding === "string" ? encoding.toLowerCase() : "utf8");

/** Bytes with the class `Buffer`, over the same memory. */
function over(bytes) {
  return Plain.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Characters that are no Base64 are skipped, and what follows a `=` is ignored, as node does. */
function lenient(text) {
  const clean = text.split("=", 1)[0].replace(/[^A-Za-z0-9+/_-]/g, "");
  // A last character alone stands for no byte.
  return fromBase64url(clean.length % 4 === 1 ? clean.slice(0, -1) : clean) ?? new Uint8Array();
}

function encoded(text, encoding) {
  switch (lower(encoding)) {
    case "utf8":
    case "utf-8":
      return over(toUtf8(text));
    case "base64":
    case "base64url":
      return over(lenient(text));
    case "hex": {
      // As far as it is pairs of digits.
      const digits = /^(?:[0-9a-f]{2})*/i.exec(text)[0];
      const bytes = new Uint8Array(digits.length / 2);
      for (let at = 0; at < bytes.length; at++) {
        bytes[at] = parseInt(digits.slice(2 * at, 2 * at + 2), 16);
      }
      return over(bytes);
    }
    case "ascii":
    case "latin1":
    case "binary":
      // Of a character past U+00FF node keeps the lower half.
      return over(
        /^[\0-\xff]*$/.test(text) ? fromLatin1(text) : Uint8Array.from(text.split(""), (char) => char.charCodeAt(0)),
      );
    default:
      return undefined;
  }
}

/** The package's own, with the code by which node's error is known. */
function coded(plainly) {
  return function withCode(...given) {
    try {
      return plainly.apply(this, given);
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith("Unknown encoding: ")) {
        error.code = "ERR_UNKNOWN_ENCODING";
      }
      throw error;
    }
  };
}

for (const name of ["toString", "write", "fill", "indexOf", "lastIndexOf", "includes"]) {
  Plain.prototype[name] = coded(Plain.prototype[name]);
}

const plainFrom = coded(Plain.from);
const plainToString = Plain.prototype.toString;
const plainWrite = Plain.prototype.write;
const plainIsEncoding = Plain.isEncoding;
const plainByteLength = Plain.byteLength;

Plain.from = function from(value, encoding, length) {
  if (typeof value === "string") {
    const made = encoded(value, encoding);
    if (made !== undefined) {
      return made;
    }
  }
  return plainFrom(value, encoding, length);
};

Plain.isEncoding = (name) => (typeof name === "string" && isEncoding(name)) || plainIsEncoding(name);

Plain.byteLength = function byteLength(value, encoding) {
  if (typeof value === "string" && lower(encoding) === "base64url") {
    return Math.floor((value.replace(/=+$/, "").length * 3) / 4);
  }
  return plainByteLength(value, encoding);
};

Plain.prototype.toString = function toString(encoding, start = 0, end = this.length) {
  const from = Math.max(0, Math.trunc(Number(start)) || 0);
  const to = Math.min(this.length, Math.trunc(Number(end)) || 0);
  if (from >= to) {
    return "";
  }
  const part = new Uint8Array(this.buffer, this.byteOffset + from, to - from);
  switch (encoding === undefined || encoding === null ? "utf8" : lower(encoding)) {
    case "utf8":
    case "utf-8":
      return part[0] === 0xef ? decodeWithMark(part) : fromUtf8(part);
    case "hex":
      return toHex(part);
    case "base64":
      return btoa(latin1(part));
    case "base64url":
      return toBase64url(part);
    case "latin1":
    case "binary":
      return latin1(part);
    default:
      return plainToString.call(this, encoding, from, to);
  }
};

const withMark = new TextDecoder("utf-8", { ignoreBOM: true });

/** Node keeps a byte order mark, which the web's decoder drops. */
function decodeWithMark(bytes) {
  return withMark.decode(bytes);
}

Plain.prototype.write = function write(text, offset, length, encoding) {
  const last = [encoding, length, offset].find((value) => typeof value === "string");
  // Of these the package knows the one not at all, and writes a byte for half a pair of digits of the other.
  if (lower(last) !== "base64url" && lower(last) !== "hex") {
    return plainWrite.call(this, text, offset, length, encoding);
  }
  const from = Number.isInteger(offset) ? offset : 0;
  if (from < 0 || from > this.length) {
    const range = `It must be >= 0 && <= ${this.length}. Received ${from}`;
    throw Object.assign(new RangeError(`The value of "offset" is out of range. ${range}`), { code: "ERR_OUT_OF_RANGE" });
  }
  const bytes = encoded(String(text), last)
    .subarray(0, Number.isInteger(length) ? length : undefined)
    .subarray(0, this.length - from);
  this.set(bytes, from);
  return bytes.length;
};

/** Any bytes will do, as in node. */
Plain.prototype.equals = function equals(other) {
  if (!(other instanceof Uint8Array)) {
    throw Object.assign(new TypeError('The "otherBuffer" argument must be an instance of Buffer or Uint8Array'), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  return this.length === other.length && this.every((byte, at) => byte === other[at]);
};

Plain.prototype[custom] = function inspect() {
  const shown = Array.from(this.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const more = this.length - 50;
  return `<Buffer${shown && ` ${shown}`}${more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : ""}>`;
};

/** Bytes from one encoding to another. */
export function transcode(source, from, to) {
  return Plain.from(Plain.from(bytesOf(source)).toString(from), to);
}

export function isUtf8(input) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(input));
    return true;
  } catch {
    return false;
  }
}

export function isAscii(input) {
  return bytesOf(input).every((byte) => byte < 0x80);
}

const { atob: decodeBase64, btoa: encodeBase64 } = globalThis;

export const kStringMaxLength = 2 ** 30 - 1;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

export {
  Blob,
  Plain as Buffer,
  File,
  INSPECT_MAX_BYTES,
  SlowBuffer,
  decodeBase64 as atob,
  encodeBase64 as btoa,
  kMaxLength,
};

export default {
  Blob,
  Buffer: Plain,
  File,
  INSPECT_MAX_BYTES,
  SlowBuffer,
  atob: decodeBase64,
  btoa: encodeBase64,
  constants,
  isAscii,
  isUtf8,
  kMaxLength,
  kStringMaxLength,
  transcode,
};

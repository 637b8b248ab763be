/**
 * The web's `crypto`: random values, digests, and HMAC keys. Owns the form; what else `subtle` has on the web is not
 * supplied and says so when it is called.
 */
import { keyMeant } from "../../redwood/secret.js";
import { NotSuppliedError } from "../unsupplied.js";
import { QUOTA, bytes as randomBytes } from "../random.js";
import { bytesOf, fromBase64url, toBase64url, toHex } from "../web/encoding.js";
import { Hmac, digest as digestOf, hashOf, sameBytes } from "./digests.js";

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

const ELSEWHERE =
  "verify with the policy's [verify] or [auth], which the host does, or bundle a library that is written in JavaScript";

function refuse(text, name) {
  return new DOMException(text, name);
}

/** A hash by what names it: a text or an object with `name`. */
function hashNamed(given) {
  const name = String(typeof given === "object" && given !== null ? given.name : given).toUpperCase();
  if (!HASHES.includes(name)) {
    throw refuse(`${name} is no hash of crypto.subtle: ${HASHES.join(", ")}`, "NotSupportedError");
  }
  return name;
}

const secret = Symbol("key");

/** A key for HMAC; its bytes are shown by `exportKey` alone, if they may be. */
export class CryptoKey {
  constructor(mark, bytes, algorithm, extractable, usages) {
    if (mark !== secret) {
      throw new TypeError("Illegal constructor");
    }
    Object.defineProperty(this, secret, { value: bytes });
    Object.assign(this, { type: "secret", extractable, algorithm, usages: Object.freeze([...usages]) });
    Object.freeze(this);
  }
  get [Symbol.toStringTag]() {
    return "CryptoKey";
  }
}

function onlyHmac(given, what) {
  const name = String(typeof given === "object" && given !== null ? given.name : given);
  if (name.toUpperCase() !== "HMAC") {
    throw new NotSuppliedError(`crypto.subtle.${what} with ${name}`, `HMAC is; ${ELSEWHERE}`);
  }
  return given;
}

function usable(key, usage) {
  if (!(key instanceof CryptoKey) || !key.usages.includes(usage)) {
    throw refuse(`The key cannot be used to ${usage}`, "InvalidAccessError");
  }
  return new Hmac(hashOf(key.algorithm.hash.name), key[secret]);
}

function keyBytes(format, data, hash) {
  if (format === "raw") {
    return keyMeant(bytesOf(data)).slice();
  }
  if (format !== "jwk") {
    throw refuse(`A key for HMAC is imported as "raw" or "jwk", not as "${format}"`, "NotSupportedError");
  }
  const expected = `HS${hash.slice(4)}`;
  if (data?.kty !== "oct" || (data.alg !== undefined && data.alg !== expected)) {
    throw refuse(
      `This JWK is no key for HMAC with ${hash}: its kty must be "oct", and its alg, if it has one, "${expected}"`,
      "DataError",
    );
  }
  const bytes = fromBase64url(data.k);
  if (bytes === undefined) {
    throw refuse("The key's `k` is no Base64 (base64url)", "DataError");
  }
  return bytes;
}

function made(bytes, given, extractable, usages) {
  const hash = hashNamed(given.hash);
  if (bytes.length === 0) {
    // A key of nothing is what a secret becomes that is not set; the web refuses it as well.
    throw refuse("The key is empty: is the secret granted?", "DataError");
  }
  const list = [...usages];
  if (list.length === 0 || list.some((usage) => usage !== "sign" && usage !== "verify")) {
    throw refuse('A key for HMAC is for "sign" and "verify", one of them at least', "SyntaxError");
  }
  const algorithm = Object.freeze({ name: "HMAC", hash: Object.freeze({ name: hash }), length: bytes.length * 8 });
  return new CryptoKey(secret, bytes, algorithm, Boolean(extractable), list);
}

const lacking = {};
for (const name of ["encrypt", "decrypt", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"]) {
  lacking[name] = async () => {
    throw new NotSuppliedError(`crypto.subtle.${name}`, ELSEWHERE);
  };
}

/** The web's `SubtleCrypto`, as far as it goes. */
export const subtle = {
  ...lacking,
  /** @returns {Promise<ArrayBuffer>} */
  async digest(algorithm, data) {
    return digestOf(hashOf(hashNamed(algorithm)), bytesOf(data)).buffer;
  },
  /** A key for HMAC, from bytes (`raw`) or a JWK. */
  async importKey(format, data, algorithm, extractable, usages) {
    const given = onlyHmac(algorithm, "importKey");
    return made(keyBytes(format, data, hashNamed(given.hash)), given, extractable, usages);
  },
  async exportKey(format, key) {
    if (!(key instanceof CryptoKey) || !key.extractable) {
      throw refuse("The key is not extractable", "InvalidAccessError");
    }
    if (format === "raw") {
      return key[secret].slice().buffer;
    }
    if (format !== "jwk") {
      throw refuse(`A key for HMAC is exported as "raw" or "jwk", not as "${format}"`, "NotSupportedError");
    }
    const k = toBase64url(key[secret]);
    return { kty: "oct", k, alg: `HS${key.algorithm.hash.name.slice(4)}`, key_ops: [...key.usages], ext: true };
  },
  async generateKey(algorithm, extractable, usages) {
    const given = onlyHmac(algorithm, "generateKey");
    const hash = hashNamed(given.hash);
    const length = given.length === undefined ? new (hashOf(hash))().blockLen : Math.ceil(Number(given.length) / 8);
    return made(randomBytes(length, "crypto.subtle.generateKey"), given, extractable, usages);
  },
  /** @returns {Promise<ArrayBuffer>} */
  async sign(algorithm, key, data) {
    onlyHmac(algorithm, "sign");
    return usable(key, "sign").update(bytesOf(data)).digest().buffer;
  },
  /** In a time that does not depend on how much of the signature is right. */
  async verify(algorithm, key, signature, data) {
    onlyHmac(algorithm, "verify");
    return sameBytes(usable(key, "verify").update(bytesOf(data)).digest(), bytesOf(signature));
  },
};

/** Fills integers with what is random. @throws {DOMException} `QuotaExceededError` past 65536 bytes */
export function getRandomValues(array) {
  const integers =
    ArrayBuffer.isView(array) && /^(Big)?(Uint|Int)(8|16|32|64)(Clamped)?Array$/.test(array[Symbol.toStringTag]);
  if (!integers) {
    throw refuse("crypto.getRandomValues: give an array of integers, as Uint8Array", "TypeMismatchError");
  }
  if (array.byteLength > QUOTA) {
    throw refuse(
      `crypto.getRandomValues: ${array.byteLength} bytes are more than the ${QUOTA} of one call`,
      "QuotaExceededError",
    );
  }
  bytesOf(array).set(randomBytes(array.byteLength, "crypto.getRandomValues"));
  return array;
}

/** A random UUID, version 4. */
export function randomUUID() {
  const bytes = randomBytes(16, "crypto.randomUUID");
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The web's `crypto`. */
export const webcrypto = { subtle, getRandomValues, randomUUID, CryptoKey };

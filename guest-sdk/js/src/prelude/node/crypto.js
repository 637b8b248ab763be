/**
 * `node:crypto`, as far as webhooks and tokens need it: hashes, HMAC, comparison in constant time, what is random. Owns
 * node's forms of these; whatever else node has throws when it is called, and says what to do instead.
 */
import { Hmac as HmacState, hashNames, hashOf, sameBytes } from "../crypto/digests.js";
import { getRandomValues, randomUUID, subtle, webcrypto } from "../crypto/web.js";
import { keyMeant } from "../../redwood/secret.js";
import { bytes as random } from "../random.js";
import { unsupplied } from "../unsupplied.js";
import { bytesOf } from "../web/encoding.js";
import { Buffer } from "./buffer.js";

function coded(error, code) {
  error.code = code;
  return error;
}

/** Bytes of what node takes for data: a text in an encoding, or bytes. */
function dataBytes(data, encoding, name) {
  if (typeof data === "string") {
    return Buffer.from(data, encoding === "buffer" ? undefined : encoding);
  }
  if (ArrayBuffer.isView(data)) {
    return bytesOf(data);
  }
  throw coded(
    new TypeError(
      `The "${name}" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${data}`,
    ),
    "ERR_INVALID_ARG_TYPE",
  );
}

function named(algorithm) {
  if (typeof algorithm !== "string") {
    throw coded(
      new TypeError(`The name of the hash must be a string. Received ${typeof algorithm}`),
      "ERR_INVALID_ARG_TYPE",
    );
  }
  const Hash = hashOf(algorithm);
  if (Hash === undefined) {
    const text = `Digest method not supported: ${algorithm}. Vestibule supplies ${hashNames.join(", ")}`;
    throw coded(new Error(text), "ERR_CRYPTO_INVALID_DIGEST");
  }
  return Hash;
}

/** What a hash and an HMAC have in common. */
class Digest {
  #state;
  #done = false;

  constructor(state) {
    this.#state = state;
  }
  get state() {
    return this.#state;
  }
  update(data, encoding) {
    if (this.#done) {
      throw coded(new Error("Digest already called"), "ERR_CRYPTO_HASH_FINALIZED");
    }
    this.#state.update(dataBytes(data, encoding, "data"));
    return this;
  }
  digest(encoding) {
    if (this.#done) {
      throw coded(new Error("Digest already called"), "ERR_CRYPTO_HASH_FINALIZED");
    }
    this.#done = true;
    const bytes = Buffer.from(this.#state.digest());
    return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding);
  }
}

export class Hash extends Digest {
  constructor(algorithm) {
    super(typeof algorithm === "string" ? new (named(algorithm))() : algorithm);
  }
  copy() {
    return new Hash(this.state.clone());
  }
}

export class Hmac extends Digest {}

/** A hash, piece by piece. */
export function createHash(algorithm) {
  named(algorithm);
  return new Hash(algorithm);
}

/** The hash of data, in one call. */
export function hash(algorithm, data, encoding = "hex") {
  return createHash(algorithm).update(data).digest(encoding);
}

/** An HMAC, piece by piece. The key is a text, bytes, or a KeyObject. */
export function createHmac(algorithm, given) {
  const Named = named(algorithm);
  const key = keyMeant(given);
  if (key === undefined || key === null) {
    const hint = `The "key" argument must be of type string or an instance of Buffer, KeyObject or CryptoKey. Received ${key}`;
    throw coded(new TypeError(`${hint}. Is the secret granted in the function's policy?`), "ERR_INVALID_ARG_TYPE");
  }
  const bytes =
    key instanceof KeyObject ? key.export() : key instanceof ArrayBuffer ? bytesOf(key) : dataBytes(key, "utf8", "key");
  return new Hmac(new HmacState(Named, bytes));
}

const hidden = Symbol("key");

/** A key for HMAC that does not show itself when it is printed. */
export class KeyObject {
  constructor(mark, bytes) {
    if (mark !== hidden) {
      throw coded(new TypeError("Illegal constructor"), "ERR_INVALID_ARG_VALUE");
    }
    Object.defineProperty(this, hidden, { value: bytes });
  }
  get type() {
    return "secret";
  }
  get symmetricKeySize() {
    return this[hidden].length;
  }
  export(options) {
    return options?.format === "jwk"
      ? { kty: "oct", k: this[hidden].toString("base64url") }
      : Buffer.from(this[hidden]);
  }
  equals(other) {
    return other instanceof KeyObject && sameBytes(this[hidden], other[hidden]);
  }
}

export function createSecretKey(given, encoding) {
  const key = keyMeant(given);
  return new KeyObject(
    hidden,
    Buffer.from(dataBytes(key instanceof ArrayBuffer ? bytesOf(key) : key, encoding, "key")),
  );
}

/**
 * Whether two are the same, in a time that depends on their length alone.
 * @throws {RangeError} if their lengths differ
 */
export function timingSafeEqual(one, other) {
  const [left, right] = [one, other].map((given, at) => {
    if (!(given instanceof ArrayBuffer) && !ArrayBuffer.isView(given)) {
      const text = `The "buf${at + 1}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
      throw coded(new TypeError(text), "ERR_INVALID_ARG_TYPE");
    }
    return bytesOf(given);
  });
  if (left.length !== right.length) {
    throw coded(new RangeError("Input buffers must have the same byte length"), "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH");
  }
  return sameBytes(left, right);
}

/** So many random bytes; with a callback it gets them. At most 2^31 - 1. */
export function randomBytes(size, callback) {
  if (!Number.isInteger(size) || size < 0 || size > 2 ** 31 - 1) {
    throw coded(new RangeError(`The value of "size" is out of range. Received ${size}`), "ERR_OUT_OF_RANGE");
  }
  const bytes = Buffer.from(random(size, "crypto.randomBytes").buffer);
  if (typeof callback !== "function") {
    return bytes;
  }
  queueMicrotask(() => callback(null, bytes));
  return undefined;
}

export function randomFillSync(target, offset = 0, size = target.byteLength - offset) {
  bytesOf(target)
    .subarray(offset, offset + size)
    .set(random(size, "crypto.randomFillSync"));
  return target;
}

/** A random integer from `min`, below `max`, each as likely as the other. */
export function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") {
    return randomInt(0, min, max);
  }
  const range = max - min;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || range <= 0 || range > 2 ** 48) {
    const text = `crypto.randomInt: min and max must be safe integers, max above min and at most 2^48 away. Received ${min}, ${max}`;
    throw coded(new RangeError(text), "ERR_OUT_OF_RANGE");
  }
  // What is left over of 2^48 would make the first numbers likelier: it is drawn anew.
  const limit = 2 ** 48 - (2 ** 48 % range);
  let drawn;
  do {
    drawn = Buffer.from(random(6, "crypto.randomInt")).readUIntBE(0, 6);
  } while (drawn >= limit);
  const result = min + (drawn % range);
  if (typeof callback !== "function") {
    return result;
  }
  queueMicrotask(() => callback(null, result));
  return undefined;
}

export const getHashes = () => [...hashNames];

const ASYMMETRIC = "let the host verify: [verify] with public_key, or [auth], in the policy";
const LIBRARY = "bundle a library that is written in JavaScript, as @noble/ciphers or @noble/hashes";
const KDF = "passwords are best checked by the host, with [auth]; else bundle @noble/hashes, and expect it to be slow";

const lacking = unsupplied("node:crypto", {
  createSign: ASYMMETRIC,
  createVerify: ASYMMETRIC,
  sign: ASYMMETRIC,
  verify: ASYMMETRIC,
  createPublicKey: ASYMMETRIC,
  createPrivateKey: ASYMMETRIC,
  publicEncrypt: ASYMMETRIC,
  privateDecrypt: ASYMMETRIC,
  generateKeyPair: ASYMMETRIC,
  generateKeyPairSync: ASYMMETRIC,
  createCipheriv: LIBRARY,
  createDecipheriv: LIBRARY,
  createDiffieHellman: LIBRARY,
  createECDH: LIBRARY,
  hkdf: LIBRARY,
  hkdfSync: LIBRARY,
  scrypt: KDF,
  scryptSync: KDF,
  pbkdf2: KDF,
  pbkdf2Sync: KDF,
});

export const {
  createSign,
  createVerify,
  sign,
  verify,
  createPublicKey,
  createPrivateKey,
  publicEncrypt,
  privateDecrypt,
  generateKeyPair,
  generateKeyPairSync,
  createCipheriv,
  createDecipheriv,
  createDiffieHellman,
  createECDH,
  hkdf,
  hkdfSync,
  scrypt,
  scryptSync,
  pbkdf2,
  pbkdf2Sync,
} = lacking;

export { getRandomValues, randomUUID, subtle, webcrypto };

export default {
  ...lacking,
  Hash,
  Hmac,
  KeyObject,
  createHash,
  createHmac,
  createSecretKey,
  getHashes,
  getRandomValues,
  hash,
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  subtle,
  timingSafeEqual,
  webcrypto,
};

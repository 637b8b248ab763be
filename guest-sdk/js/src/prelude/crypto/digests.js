/**
 * The hashes, by @noble/hashes, under node's and the web's names. Owns the inner loops of the three that webhooks are
 * signed with: those of the library are made for a compiler that inlines small functions, and QuickJS calls each of
 * them, which takes several times as long.
 */
import { _MD5, _RIPEMD160, _SHA1 } from "@noble/hashes/legacy.js";
import { _SHA224, _SHA256, _SHA384, _SHA512, _SHA512_256 } from "@noble/hashes/sha2.js";

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const K = new Int32Array(64);
for (let prime = 2, count = 0; count < 64; prime++) {
  let divisor = 2;
  while (divisor * divisor <= prime && prime % divisor !== 0) {
    divisor++;
  }
  if (divisor * divisor > prime) {
    // The fraction of the root is exact enough in a double: 53 bits, of which the root takes 3.
    K[count++] = (Math.cbrt(prime) % 1) * 2 ** 32;
  }
}

const W = new Int32Array(80);

/** One block of SHA-256, of the state and a view, without a call in the loop. */
function block256(hash, view, offset) {
  for (let i = 0; i < 16; i++) {
    W[i] = view.getInt32(offset + 4 * i);
  }
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15];
    const b = W[i - 2];
    W[i] =
      W[i - 16] +
      W[i - 7] +
      (((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)) +
      (((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10));
  }
  let { A, B, C, D, E, F, G, H } = hash;
  for (let i = 0; i < 64; i++) {
    const one =
      (H +
        (((E >>> 6) | (E << 26)) ^ ((E >>> 11) | (E << 21)) ^ ((E >>> 25) | (E << 7))) +
        ((E & F) ^ (~E & G)) +
        K[i] +
        W[i]) |
      0;
    const two =
      ((((A >>> 2) | (A << 30)) ^ ((A >>> 13) | (A << 19)) ^ ((A >>> 22) | (A << 10))) +
        ((A & B) ^ (A & C) ^ (B & C))) |
      0;
    H = G;
    G = F;
    F = E;
    E = (D + one) | 0;
    D = C;
    C = B;
    B = A;
    A = (one + two) | 0;
  }
  hash.set(hash.A + A, hash.B + B, hash.C + C, hash.D + D, hash.E + E, hash.F + F, hash.G + G, hash.H + H);
}

/** One block of SHA-1. */
function block1(hash, view, offset) {
  for (let i = 0; i < 16; i++) {
    W[i] = view.getInt32(offset + 4 * i);
  }
  for (let i = 16; i < 80; i++) {
    const word = W[i - 3] ^ W[i - 8] ^ W[i - 14] ^ W[i - 16];
    W[i] = (word << 1) | (word >>> 31);
  }
  let { A, B, C, D, E } = hash;
  for (let i = 0; i < 80; i++) {
    const mixed =
      i < 20
        ? ((B & C) | (~B & D)) + 0x5a827999
        : i < 40
          ? (B ^ C ^ D) + 0x6ed9eba1
          : i < 60
            ? ((B & C) | (B & D) | (C & D)) + 0x8f1bbcdc
            : (B ^ C ^ D) + 0xca62c1d6;
    const next = (((A << 5) | (A >>> 27)) + mixed + E + W[i]) | 0;
    E = D;
    D = C;
    C = (B << 30) | (B >>> 2);
    B = A;
    A = next;
  }
  hash.set(hash.A + A, hash.B + B, hash.C + C, hash.D + D, hash.E + E);
}

/** What the loops leave behind is of the message, which may be a key. */
function clean() {
  W.fill(0);
}

class Sha256 extends _SHA256 {
  process(view, offset) {
    block256(this, view, offset);
  }
  roundClean() {
    clean();
  }
}

class Sha224 extends _SHA224 {
  process(view, offset) {
    block256(this, view, offset);
  }
  roundClean() {
    clean();
  }
}

class Sha1 extends _SHA1 {
  process(view, offset) {
    block1(this, view, offset);
  }
  roundClean() {
    clean();
  }
}

/** The classes by name, and the names by which node knows them too. */
const HASHES = {
  md5: _MD5,
  sha1: Sha1,
  sha224: Sha224,
  sha256: Sha256,
  sha384: _SHA384,
  sha512: _SHA512,
  "sha512-256": _SHA512_256,
  ripemd160: _RIPEMD160,
};

/** The names for `getHashes`. */
export const hashNames = Object.keys(HASHES).sort();

/**
 * The class of a hash.
 * @param {string} name in any case; `SHA-256` and `RSA-SHA256` are `sha256`
 * @returns {(new () => any) | undefined} with `update(bytes)`, `digest()`, `blockLen`, `outputLen`
 */
export function hashOf(name) {
  const plain = String(name)
    .toLowerCase()
    .replace(/^rsa-/, "")
    .replace(/^sha-(?=\d)/, "sha")
    .replace("/", "-")
    .replace(/^ripemd$|^rmd160$/, "ripemd160");
  return Object.hasOwn(HASHES, plain) ? HASHES[plain] : undefined;
}

/**
 * The hash of some bytes.
 * @param {new () => any} Hash of `hashOf`
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function digest(Hash, bytes) {
  return new Hash().update(bytes).digest();
}

/** HMAC (RFC 2104), piece by piece. */
export class Hmac {
  #inner;
  #outer;

  /**
   * @param {new () => any} Hash of `hashOf`
   * @param {Uint8Array} key of any length
   */
  constructor(Hash, key) {
    this.#inner = new Hash();
    this.#outer = new Hash();
    const pad = new Uint8Array(this.#inner.blockLen);
    pad.set(key.length > pad.length ? digest(Hash, key) : key);
    for (let at = 0; at < pad.length; at++) {
      pad[at] ^= 0x36;
    }
    this.#inner.update(pad);
    for (let at = 0; at < pad.length; at++) {
      pad[at] ^= 0x36 ^ 0x5c;
    }
    this.#outer.update(pad);
    pad.fill(0);
  }
  update(bytes) {
    this.#inner.update(bytes);
    return this;
  }
  digest() {
    return this.#outer.update(this.#inner.digest()).digest();
  }
}

/**
 * Whether two texts of bytes are the same, in a time that depends on their length alone.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @returns {boolean}
 */
export function sameBytes(one, other) {
  if (one.length !== other.length) {
    return false;
  }
  let different = 0;
  for (let at = 0; at < one.length; at++) {
    different |= one[at] ^ other[at];
  }
  return different === 0;
}

/** Hashes, HMAC and what is random, against node's own. */
import assert from "node:assert/strict";
import * as node from "node:crypto";
import { test } from "node:test";

import fc from "fast-check";

import { webcrypto } from "../../src/prelude/crypto/web.js";
import * as ours from "../../src/prelude/node/crypto.js";

const bytes = fc.uint8Array({ maxLength: 300 });
const HASHES = [
  "md5",
  "sha1",
  "sha224",
  "sha256",
  "sha384",
  "sha512",
  "sha512-256",
  "ripemd160",
  "SHA256",
  "RSA-SHA256",
];

for (const name of HASHES) {
  test(`${name} and its HMAC are node's`, () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(300), (data, key, at) => {
        const pieces = (made) => made.update(data.subarray(0, at)).update(data.subarray(at)).digest("hex");
        assert.equal(pieces(ours.createHash(name)), pieces(node.createHash(name)));
        assert.equal(pieces(ours.createHmac(name, key)), pieces(node.createHmac(name, key)));
      }),
      { numRuns: 60 },
    );
  });
}

test("around the ends of blocks", () => {
  for (const name of ["sha1", "sha256", "sha512", "md5"]) {
    for (let length = 0; length <= 260; length++) {
      const data = new Uint8Array(length).map((_, at) => at * 7);
      assert.equal(
        ours.createHash(name).update(data).digest("hex"),
        node.createHash(name).update(data).digest("hex"),
        `${name} ${length}`,
      );
    }
  }
});

test("texts, encodings and copies", () => {
  for (const { createHash, createHmac } of [ours, node]) {
    assert.equal(
      createHash("sha256").update("é").digest("base64url"),
      createHash("sha256").update(Uint8Array.of(0xc3, 0xa9)).digest("base64url"),
    );
    assert.equal(createHash("sha1").update("616263", "hex").digest("hex"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert.equal(
      createHmac("sha256", "key").update("The quick brown fox jumps over the lazy dog").digest("hex"),
      "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    );
    const hash = createHash("sha256").update("a");
    const copy = hash.copy();
    assert.equal(hash.update("b").digest("hex"), createHash("sha256").update("ab").digest("hex"));
    assert.equal(copy.digest("hex"), createHash("sha256").update("a").digest("hex"));
    assert.throws(() => hash.digest(), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    assert.throws(() => hash.update("c"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    assert.throws(() => createHmac("sha256", undefined), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => createHash("sha256").update(5), { code: "ERR_INVALID_ARG_TYPE" });
  }
  assert.throws(() => ours.createHash("whirlpool"), /whirlpool.*sha256/);
});

test("a key is not shown by its object", () => {
  const key = ours.createSecretKey(Buffer.from("s3cret"));
  assert.ok(!JSON.stringify(key).includes("s3cret"));
  assert.equal(Object.keys(key).length, 0);
  assert.equal(
    ours.createHmac("sha256", key).update("x").digest("hex"),
    node.createHmac("sha256", "s3cret").update("x").digest("hex"),
  );
});

test("timingSafeEqual", () => {
  for (const { timingSafeEqual } of [ours, node]) {
    assert.equal(timingSafeEqual(Buffer.from("ab"), Buffer.from("ab")), true);
    assert.equal(timingSafeEqual(Buffer.from("ab"), Buffer.from("ac")), false);
    assert.throws(() => timingSafeEqual(Buffer.from("a"), Buffer.from("ab")), {
      code: "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
    });
    assert.throws(() => timingSafeEqual("ab", "ab"), { code: "ERR_INVALID_ARG_TYPE" });
  }
});

test("what is random is different, and in its bounds", () => {
  assert.notEqual(ours.randomBytes(16).toString("hex"), ours.randomBytes(16).toString("hex"));
  assert.match(ours.randomUUID(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const drawn = new Set(Array.from({ length: 400 }, () => ours.randomInt(3, 7)));
  assert.deepEqual([...drawn].sort(), [3, 4, 5, 6]);
  assert.throws(() => ours.randomInt(5, 5), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => ours.randomBytes(-1), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => webcrypto.getRandomValues(new Uint8Array(65537)), { name: "QuotaExceededError" });
  assert.throws(() => webcrypto.getRandomValues(new Float32Array(1)), { name: "TypeMismatchError" });
  assert.ok(webcrypto.getRandomValues(new BigUint64Array(4)).some((value) => value !== 0n));
});

for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
  test(`crypto.subtle: ${hash} and HMAC are node's`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), bytes, async (key, data) => {
        const both = await Promise.all(
          [webcrypto, node.webcrypto].map(async ({ subtle }) => {
            const imported = await subtle.importKey("raw", key, { name: "HMAC", hash }, true, ["sign", "verify"]);
            const signature = await subtle.sign("HMAC", imported, data);
            const wrong = new Uint8Array(signature);
            wrong[3] ^= 1;
            return {
              digest: [...new Uint8Array(await subtle.digest(hash, data))],
              signature: [...new Uint8Array(signature)],
              right: await subtle.verify("HMAC", imported, signature, data),
              wrong: await subtle.verify("HMAC", imported, wrong, data),
              short: await subtle.verify("HMAC", imported, signature.slice(1), data),
              jwk: (({ k, kty, alg }) => ({ k, kty, alg }))(await subtle.exportKey("jwk", imported)),
            };
          }),
        );
        assert.deepEqual(both[0], both[1]);
      }),
      { numRuns: 20 },
    );
  });
}

test("crypto.subtle refuses what a key is not for, and says what is not supplied", async () => {
  const { subtle } = webcrypto;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", new Uint8Array(8), algorithm, false, ["verify"]);
  await assert.rejects(subtle.sign("HMAC", key, new Uint8Array()), { name: "InvalidAccessError" });
  await assert.rejects(subtle.exportKey("raw", key), { name: "InvalidAccessError" });
  await assert.rejects(subtle.importKey("raw", new Uint8Array(), algorithm, false, ["sign"]), { name: "DataError" });
  await assert.rejects(subtle.digest("MD5", new Uint8Array()), { name: "NotSupportedError" });
  await assert.rejects(subtle.encrypt(), /encrypt is not supplied by Vestibule: /);
  await assert.rejects(
    subtle.importKey("raw", new Uint8Array(16), { name: "AES-GCM" }, false, ["encrypt"]),
    /AES-GCM is not supplied/,
  );
  assert.throws(() => ours.scryptSync("a", "b", 1), /scryptSync of node:crypto is not supplied by Vestibule: /);
  const theirs = await subtle.importKey("jwk", { kty: "oct", k: "AAAA", alg: "HS256" }, algorithm, true, ["sign"]);
  assert.equal(theirs.algorithm.length, 24);
  await assert.rejects(subtle.importKey("jwk", { kty: "oct", k: "AAAA", alg: "HS512" }, algorithm, true, ["sign"]), {
    name: "DataError",
  });
});

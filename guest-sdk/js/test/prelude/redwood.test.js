/** Redwood's verifiers in a function that has the secret: what they accept, and what Redwood's own accept and must not. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { begin } from "#host";

import { WebhookSignError, signPayload, verifyEvent, verifySignature } from "../../src/redwood/webhooks.js";
import { BODY, HEADER, SECRET, eventWith, hmac, jwt, part, refuses } from "./webhooks.js";

const quiet = console.warn;

beforeEach(() => {
  console.warn = () => {};
  delete process.env.WEBHOOK_SECRET;
});
afterEach(() => {
  console.warn = quiet;
  begin(null);
});

describe("a function that has the secret", () => {
  const KEY64 = Buffer.from("a key of some bytes").toString("base64");
  const GENUINE = {
    sha1Verifier: () => [`sha1=${hmac("sha1", SECRET, BODY)}`, SECRET],
    sha256Verifier: () => [`sha256=${hmac("sha256", SECRET, BODY)}`, SECRET],
    base64Sha1Verifier: () => [hmac("sha1", Buffer.from(KEY64, "base64"), BODY, "base64"), KEY64],
    base64Sha256Verifier: () => [hmac("sha256", Buffer.from(KEY64, "base64"), BODY, "base64"), KEY64],
    timestampSchemeVerifier: (at = Date.now()) => [`t=${at},v1=${hmac("sha256", SECRET, `${at}.${BODY}`)}`, SECRET],
    secretKeyVerifier: () => [SECRET, SECRET],
    jwtVerifier: () => [jwt({ iss: "netlify" }), SECRET],
  };

  for (const [type, make] of Object.entries(GENUINE)) {
    it(`${type}: what is genuine passes, and nothing near it`, () => {
      const [signature, secret] = make();
      assert.equal(verifyEvent(type, { event: eventWith(signature), secret }), true);
      assert.equal(verifySignature(type, { payload: BODY, signature, secret }), true);
      const encoded = { body: Buffer.from(BODY).toString("base64"), isBase64Encoded: true };
      assert.equal(verifyEvent(type, { event: eventWith(signature, encoded), secret }), true);
      const other = type.startsWith("base64") ? Buffer.from("another").toString("base64") : "another";
      refuses(() => verifyEvent(type, { event: eventWith(signature), secret: other }));
      refuses(() => verifyEvent(type, { event: eventWith(signature), secret: "" }), /no secret/);
      refuses(() => verifyEvent(type, { event: eventWith(signature) }), /no secret/);
      refuses(() => verifyEvent(type, { event: eventWith(undefined), secret }));
      refuses(() => verifyEvent(type, { event: eventWith(""), secret }));
      refuses(() => verifyEvent(type, { event: { headers: { "x-other": signature }, body: BODY }, secret }));
      refuses(() => verifyEvent(type, { event: eventWith(`${signature} `), secret }));
      refuses(() => verifyEvent(type, { event: eventWith(`x${signature}`), secret }));
      if (type !== "secretKeyVerifier" && type !== "jwtVerifier") {
        refuses(() => verifyEvent(type, { event: eventWith(signature, { body: `${BODY} ` }), secret }));
        refuses(() => verifyEvent(type, { event: eventWith(signature), payload: "", secret }));
      }
      process.env.WEBHOOK_SECRET = secret;
      assert.equal(verifyEvent(type, { event: eventWith(signature) }), true);
    });

    it(`${type}: what it signs, it verifies`, () => {
      const secret = type.startsWith("base64") ? KEY64 : SECRET;
      const signature = signPayload(type, { payload: { a: "\u0000é" }, secret });
      const payload = JSON.stringify({ a: "\u0000é" });
      if (type !== "timestampSchemeVerifier") {
        assert.equal(verifySignature(type, { payload, signature, secret }), true);
      }
      assert.throws(() => signPayload(type, { payload, secret: "" }), WebhookSignError);
      assert.throws(() => signPayload(type, { payload }), WebhookSignError);
    });
  }

  it("takes no algorithm from the message", () => {
    for (const [hash, name] of [
      ["md5", "md5"],
      ["sha1", "sha1"],
      ["sha512", "sha512"],
      ["sha256", "SHA256"],
    ]) {
      refuses(() =>
        verifyEvent("sha256Verifier", { event: eventWith(`${name}=${hmac(hash, SECRET, BODY)}`), secret: SECRET }),
      );
    }
    refuses(() =>
      verifyEvent("jwtVerifier", { event: eventWith(`${part({ alg: "none" })}.${part({})}.`), secret: SECRET }),
    );
    refuses(() => verifyEvent("jwtVerifier", { event: eventWith(jwt({}, { alg: "RS256" })), secret: SECRET }));
    refuses(() =>
      verifyEvent("jwtVerifier", { event: eventWith(jwt({}, { header: { crit: ["x"] } })), secret: SECRET }),
    );
    refuses(() => verifyEvent("jwtVerifier", { event: eventWith(jwt({}, { alg: "toString" })), secret: SECRET }));
    assert.equal(
      verifyEvent("jwtVerifier", { event: eventWith(jwt({}, { alg: "HS512", hash: "sha512" })), secret: SECRET }),
      true,
    );
  });

  it("takes no other spelling of a signature", () => {
    const signature = GENUINE.base64Sha256Verifier()[0];
    refuses(() =>
      verifyEvent("base64Sha256Verifier", { event: eventWith(signature.replace(/=+$/, "")), secret: KEY64 }),
    );
    const [stamped] = GENUINE.timestampSchemeVerifier();
    refuses(() => verifyEvent("timestampSchemeVerifier", { event: eventWith(`junk,${stamped},junk`), secret: SECRET }));
    refuses(() =>
      verifyEvent("sha256Verifier", { event: eventWith(GENUINE.sha256Verifier()[0].toUpperCase()), secret: SECRET }),
    );
  });

  it("looks at times, whatever is wrong with them", () => {
    const old = Date.now() - 301_000;
    const at = (time, options) => () =>
      verifyEvent("timestampSchemeVerifier", {
        event: eventWith(GENUINE.timestampSchemeVerifier(time)[0]),
        secret: SECRET,
        options,
      });
    refuses(at(old), /300000 ms/);
    refuses(at(Date.now() + 301_000));
    refuses(at(Math.floor(Date.now() / 1000)));
    assert.equal(at(old, { tolerance: 400_000 })(), true);
    assert.equal(at(old, { currentTimestampOverride: old })(), true);
    refuses(at(Date.now(), { tolerance: NaN }));
    const stamped = (eventTimestamp) => () =>
      verifyEvent("sha256Verifier", {
        event: eventWith(GENUINE.sha256Verifier()[0]),
        secret: SECRET,
        options: { eventTimestamp },
      });
    assert.equal(stamped(Date.now())(), true);
    for (const wrong of [0, 1, NaN, "soon", old]) {
      refuses(stamped(wrong), /eventTimestamp/);
    }
    const now = Math.floor(Date.now() / 1000);
    const token = (claims, options) => () =>
      verifyEvent("jwtVerifier", { event: eventWith(jwt(claims)), secret: SECRET, options });
    assert.equal(token({ exp: now + 60, nbf: now - 60, iss: "netlify" }, { issuer: "netlify" })(), true);
    refuses(token({ exp: now - 1 }), /expired/);
    refuses(token({ exp: "never" }), /expired/);
    refuses(token({ nbf: now + 60 }), /not valid yet/);
    refuses(token({ iss: "other" }, { issuer: "netlify" }), /issuer/);
    refuses(token({}, { issuer: "netlify" }), /issuer/);
  });

  it("gives a transformer the header, and refuses what it cannot make of it", () => {
    const bare = hmac("sha1", SECRET, BODY);
    const options = { signatureHeader: "X-Vercel-Signature", signatureTransformer: (signature) => `sha1=${signature}` };
    const event = { headers: { "x-vercel-signature": bare }, body: BODY };
    assert.equal(verifyEvent("sha1Verifier", { event, secret: SECRET, options }), true);
    const broken = { signatureTransformer: (signature) => signature.no.such() };
    refuses(
      () => verifyEvent("sha1Verifier", { event: eventWith(`sha1=${bare}`), secret: SECRET, options: broken }),
      /signatureTransformer/,
    );
    refuses(() =>
      verifyEvent("sha1Verifier", {
        event: eventWith(undefined),
        secret: SECRET,
        options: { signatureTransformer: (one) => one.split(" ")[0] },
      }),
    );
  });

  it("skips only what says so, and knows its verifiers", () => {
    assert.equal(verifyEvent("skipVerifier", { event: eventWith() }), true);
    assert.equal(signPayload("skipVerifier", { payload: "x" }), "");
    for (const type of [undefined, "", "toString", "sha512Verifier"]) {
      assert.throws(() => verifyEvent(type, { event: eventWith(), secret: SECRET }), TypeError);
    }
  });

  it("verifies binary bodies as the bytes that they are", () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const event = {
      headers: { [HEADER]: `sha256=${hmac("sha256", SECRET, bytes)}` },
      body: bytes.toString("base64"),
      isBase64Encoded: true,
    };
    assert.equal(verifyEvent("sha256Verifier", { event, secret: SECRET }), true);
    refuses(
      () =>
        verifyEvent("sha256Verifier", {
          event: { ...event, body: { parsed: true }, isBase64Encoded: false },
          secret: SECRET,
        }),
      /no text/,
    );
  });
});

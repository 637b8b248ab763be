/** A function whose host has verified: the table of `redwood/delivery.js`, case by case. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { begin } from "#host";

import { createHmac, createSecretKey } from "../../src/prelude/node/crypto.js";
import { received } from "../../src/redwood/received.js";
import { standIn } from "../../src/redwood/secret.js";
import { WebhookSignError, signPayload, verifyEvent, verifySignature } from "../../src/redwood/webhooks.js";
import { grantSecret } from "../../src/testing/index.js";
import { world } from "../../src/testing/world.js";
import { BODY, HEADER, SECRET, hmac, jwt, refuses } from "./webhooks.js";

afterEach(() => begin(null));

describe("a function whose host has verified", () => {
  const NAME = "HOOK_SECRET";
  const now = () => Math.floor(Date.now() / 1000);

  /** Signatures by their form; what they sign is the host's business. */
  const of = (digit) => `sha256=${digit.repeat(64)}`;
  const SIGNATURE = of("0");
  const BASE64 = `${"A".repeat(43)}=`;

  /** A request that the host let through: what it tells the function, and the event as Lambda has it. */
  function delivered({
    scheme = "github",
    header = "x-hub-signature-256",
    signature = SIGNATURE,
    secret = NAME,
    timestamp = null,
    id = null,
    body = BODY,
    headers = [],
  }) {
    begin({ requestId: "r1", identity: null, delivery: { scheme, secret, timestamp, id, eventType: null } });
    const pairs = [...(header === null ? [] : [[header, signature]]), ["host", "x"], ...headers];
    received({ headers: pairs, body: new TextEncoder().encode(body) });
    return { headers: Object.fromEntries(pairs), body, isBase64Encoded: false };
  }
  /** What `process.env.NAME` is in a component. */
  const secretNamed = (name = NAME) => standIn(name);
  const options = (header, more) => ({ signatureHeader: header, ...more });
  const GITHUB = options("X-Hub-Signature-256");

  it("asks for what was verified, and gets it", () => {
    const event = delivered({});
    assert.equal(verifyEvent("sha256Verifier", { event, secret: secretNamed(), options: GITHUB }), true);
    assert.equal(verifyEvent("sha256Verifier", { event, payload: BODY, secret: secretNamed(), options: GITHUB }), true);
    const encoded = { ...event, body: Buffer.from(BODY).toString("base64"), isBase64Encoded: true };
    assert.equal(verifyEvent("sha256Verifier", { event: encoded, secret: secretNamed(), options: GITHUB }), true);
    assert.equal(
      verifySignature("sha256Verifier", { payload: BODY, signature: SIGNATURE, secret: secretNamed() }),
      true,
    );
  });

  it("no delivery", () => {
    const event = delivered({});
    const secret = secretNamed();
    begin({ requestId: "r2", identity: null, delivery: null });
    refuses(() => verifyEvent("sha256Verifier", { event, secret, options: GITHUB }));
    refuses(() => verifyEvent("sha256Verifier", { event, secret: secretNamed(), options: GITHUB }), /no secret/);
  });

  it("a delivery without the event that the host gave", () => {
    const event = delivered({});
    begin({ requestId: "r3", identity: null, delivery: { scheme: "github", secret: NAME, timestamp: null, id: null } });
    refuses(() => verifyEvent("sha256Verifier", { event, secret: secretNamed(), options: GITHUB }), /no delivery/);
  });

  it("another secret, an empty one, none", () => {
    const event = delivered({});
    for (const secret of [secretNamed("OTHER_SECRET"), "", undefined, null, NAME, "whsec_", "whsec_x"]) {
      refuses(() => verifyEvent("sha256Verifier", { event, secret, options: GITHUB }));
    }
    refuses(() =>
      verifyEvent("sha256Verifier", { event: delivered({ secret: "" }), secret: secretNamed(""), options: GITHUB }),
    );
  });

  it("what stands for the secret is of one request, and rolls with the key", () => {
    delivered({});
    const before = secretNamed();
    const event = delivered({});
    assert.notEqual(secretNamed(), before);
    refuses(() => verifyEvent("sha256Verifier", { event, secret: before, options: GITHUB }));
    const next = delivered({ secret: `${NAME}_NEXT` });
    assert.equal(verifyEvent("sha256Verifier", { event: next, secret: secretNamed(), options: GITHUB }), true);
    assert.equal(secretNamed("HOOK"), undefined);
    assert.equal(secretNamed(`${NAME}_NEXT_NEXT`), undefined);
  });

  it("another scheme", () => {
    const event = delivered({});
    for (const type of [
      "sha1Verifier",
      "base64Sha256Verifier",
      "timestampSchemeVerifier",
      "secretKeyVerifier",
      "jwtVerifier",
    ]) {
      refuses(
        () => verifyEvent(type, { event, secret: secretNamed(), options: GITHUB }),
        /the host has verified the scheme github/,
      );
    }
    for (const scheme of ["custom", "component", "none", "skipVerifier", "shopify", "toString", "__proto__"]) {
      refuses(() =>
        verifyEvent("sha256Verifier", { event: delivered({ scheme }), secret: secretNamed(), options: GITHUB }),
      );
    }
  });

  it("another body, another payload", () => {
    const event = delivered({});
    const asked = { secret: secretNamed(), options: GITHUB };
    refuses(() => verifyEvent("sha256Verifier", { ...asked, event: { ...event, body: "{}" } }), /not the one/);
    refuses(() => verifyEvent("sha256Verifier", { ...asked, event: { ...event, body: null } }), /not the one/);
    refuses(() => verifyEvent("sha256Verifier", { ...asked, event, payload: "{}" }), /not what was verified/);
    refuses(() => verifyEvent("sha256Verifier", { ...asked, event, payload: "" }), /not what was verified/);
    refuses(() => verifyEvent("sha256Verifier", { ...asked, event: undefined }), /no event/);
    refuses(() => verifySignature("sha256Verifier", { payload: "{}", signature: SIGNATURE, secret: secretNamed() }));
  });

  it("another header, none, one that came twice", () => {
    const event = delivered({});
    refuses(
      () => verifyEvent("sha256Verifier", { event, secret: secretNamed(), options: options("X-Other") }),
      /x-hub-signature-256, not in x-other/,
    );
    refuses(() => verifyEvent("sha256Verifier", { event, secret: secretNamed() }));
    const bare = delivered({ scheme: "sha256Verifier", header: null });
    refuses(() => verifyEvent("sha256Verifier", { event: bare, secret: secretNamed() }), /no signature/);
    const forged = { ...bare, headers: { [HEADER]: of("1") } };
    refuses(() => verifyEvent("sha256Verifier", { event: forged, secret: secretNamed() }), /did not come/);
    const twice = delivered({ scheme: "sha256Verifier", header: HEADER, headers: [[HEADER, of("1")]] });
    refuses(() => verifyEvent("sha256Verifier", { event: twice, secret: secretNamed() }), /did not come/);
    refuses(() => verifySignature("sha256Verifier", { payload: BODY, signature: of("9"), secret: secretNamed() }));
    const named = delivered({ scheme: "sha256Verifier", header: "x-webhook-signature" });
    assert.equal(
      verifyEvent("sha256Verifier", { event: named, secret: secretNamed(), options: options("X-Webhook-Signature") }),
      true,
    );
  });

  it("what is no signature of the verifier's, whatever header it is in", () => {
    const event = delivered({ scheme: "sha256Verifier", header: "x-sig", headers: [["user-agent", "curl/8"]] });
    const verify = (more, event_ = event) =>
      verifyEvent("sha256Verifier", { event: event_, secret: secretNamed(), options: { ...options("X-Sig"), ...more } });
    assert.equal(verify({}), true);
    for (const signature of ["a", "0", "sha256=", "sha256=0000", "0".repeat(64), "x", "curl/8"]) {
      refuses(() => verifySignature("sha256Verifier", { payload: BODY, signature, secret: secretNamed() }));
      refuses(() => verify({ signatureTransformer: () => signature }));
    }
    refuses(() => verify({}, { ...event, headers: { "x-sig": of("1") } }), /did not come/);
    refuses(() => verify(options("User-Agent")));
    refuses(() => verify({ signatureTransformer: () => of("1") }), /did not come/);
    // A header of the scheme's own is the only one that counts, also where the code names none.
    delivered({ header: "x-hub-signature-256", headers: [["x-other", of("1")]] });
    const other = { payload: BODY, signature: of("1"), secret: secretNamed() };
    refuses(() => verifySignature("sha256Verifier", other), /did not come/);
  });

  it("Vercel: the digest with the name that Redwood's verifier wants before it", () => {
    const digest = "0".repeat(40);
    const event = delivered({ scheme: "vercel", header: "x-vercel-signature", signature: digest });
    const verify = (signatureTransformer) =>
      verifyEvent("sha1Verifier", {
        event,
        secret: secretNamed(),
        options: options("X-Vercel-Signature", { signatureTransformer }),
      });
    assert.equal(verify((signature) => `sha1=${signature}`), true);
    refuses(() => verify(undefined), /no signature/);
  });

  it("Clerk: the payload that its code puts together, and no other", () => {
    const at = now();
    const event = delivered({
      scheme: "clerk",
      header: "svix-signature",
      signature: `v1,${BASE64} v2,x`,
      id: "msg_1",
      timestamp: at,
    });
    const transformer = (signature) =>
      signature
        .split(" ")
        .map((one) => one.split(","))
        .find(([version]) => version === "v1")?.[1];
    const verify = (payload, signatureTransformer = transformer) =>
      verifyEvent("base64Sha256Verifier", {
        event,
        secret: secretNamed().slice(6),
        payload,
        options: { signatureHeader: "svix-signature", signatureTransformer },
      });
    assert.equal(verify(`msg_1.${at}.${BODY}`), true);
    for (const payload of [
      `msg_2.${at}.${BODY}`,
      `msg_1.${at + 1}.${BODY}`,
      `msg_1.${at}.{}`,
      `msg_1.${at}.${BODY} `,
      `undefined.undefined.${BODY}`,
    ]) {
      refuses(() => verify(payload), /not what was verified/);
    }
    refuses(() => verify(`msg_1.${at}.${BODY}`, () => undefined), /no signature/);
  });

  it("a time that is stale, or that nobody has told", () => {
    const stripe = (timestamp, more) => () => {
      const event = delivered({ scheme: "stripe", header: "stripe-signature", signature: `t=1,v1=${"0".repeat(64)}`, timestamp });
      return verifyEvent("timestampSchemeVerifier", {
        event,
        secret: secretNamed(),
        options: options("Stripe-Signature", more),
      });
    };
    assert.equal(stripe(now())(), true);
    refuses(stripe(now() - 301), /further from the present/);
    refuses(stripe(now() + 400), /further from the present/);
    assert.equal(stripe(now() - 301, { tolerance: 400_000 })(), true);
    refuses(stripe(now() - 100, { tolerance: 60_000 }));
    refuses(stripe(null), /no time/);
    const event = delivered({});
    const stamped = (eventTimestamp) =>
      verifyEvent("sha256Verifier", { event, secret: secretNamed(), options: { ...GITHUB, eventTimestamp } });
    assert.equal(stamped(Date.now()), true);
    refuses(() => stamped(1), /eventTimestamp/);
  });

  it("a secret that the sender shows: its header has ended at the host", () => {
    const orbit = (more) => () => {
      const event = delivered({ scheme: "orbit", header: null, ...more });
      return verifyEvent("secretKeyVerifier", { event, secret: secretNamed(), options: options("X-Orbit-Signature") });
    };
    assert.equal(orbit({})(), true);
    refuses(orbit({ headers: [["x-orbit-signature", "guessed"]] }), /another header/);
    refuses(() => verifySignature("secretKeyVerifier", { payload: BODY, signature: "x", secret: secretNamed() }));
  });

  it("Netlify: the issuer is that of the token that was verified", () => {
    const netlify =
      (claims, { scheme = "netlify", issuer = "netlify" } = {}) =>
      () => {
        const event = delivered({ scheme, header: "x-webhook-signature", signature: jwt(claims) });
        return verifyEvent("jwtVerifier", {
          event,
          secret: secretNamed(),
          options: options("X-Webhook-Signature", { issuer }),
        });
      };
    assert.equal(netlify({ iss: "netlify" })(), true);
    refuses(netlify({ iss: "other" }), /issuer/);
    refuses(netlify({ iss: "netlify" }, { scheme: "jwtVerifier" }), /write the issuer into the policy/);
    assert.equal(netlify({}, { scheme: "jwtVerifier", issuer: null })(), true);
  });

  it("a secret that the function has is used by the function, delivery or not", () => {
    const event = delivered({ signature: `sha256=${hmac("sha256", SECRET, BODY)}` });
    assert.equal(verifyEvent("sha256Verifier", { event, secret: SECRET, options: GITHUB }), true);
    refuses(() => verifyEvent("sha256Verifier", { event: delivered({}), secret: SECRET, options: GITHUB }));
  });

  it("a library that verifies once more gets the secret itself, where it is granted", () => {
    delivered({});
    const mac = (key) => createHmac("sha256", key).update(BODY).digest("hex");
    const stand = secretNamed();
    const decoded = (text) => Buffer.from(text.slice(6), "base64");
    for (const key of [stand, Buffer.from(stand), decoded(stand)]) {
      assert.throws(() => mac(key), /needs secrets = \["HOOK_SECRET"\] under \[grants\]/);
    }
    const real = "whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw==";
    grantSecret(NAME, real);
    const expected = hmac("sha256", real, BODY);
    assert.equal(mac(stand), expected);
    assert.equal(mac(Buffer.from(stand)), expected);
    assert.equal(mac(createSecretKey(stand)), expected);
    assert.equal(mac(stand.slice(6)), hmac("sha256", real.slice(6), BODY));
    assert.equal(mac(decoded(stand)), hmac("sha256", decoded(real), BODY));
    assert.equal(mac("another"), hmac("sha256", "another", BODY));
    assert.throws(() => mac(undefined), /granted/);
    world.secrets.clear();
  });

  it("signs with the host's help, or not at all", () => {
    delivered({});
    world.signing.clear();
    assert.throws(
      () => signPayload("sha256Verifier", { payload: "x", secret: secretNamed() }),
      (error) => {
        assert.ok(error instanceof WebhookSignError);
        assert.match(error.cause, /HOOK_SECRET is not granted/);
        return true;
      },
    );
  });
});

/**
 * How senders sign, for tests on node: Redwood's verifiers by their names, and those schemes of the host that are a keyed hash over
 * the body, or over the body and a time or an id. The host knows some 80 more: a test of the component signs with them, by
 * `host sign`.
 */
import { createHash, createHmac, randomUUID } from "node:crypto";

import { HostError } from "../host-error.js";

function hmac(algorithm, key, ...parts) {
  const made = createHmac(algorithm, key);
  parts.forEach((part) => made.update(part));
  return made;
}

/** A key that is written in base64, with `whsec_` before it or not. */
function base64Key(secret) {
  return Buffer.from(Buffer.from(secret).toString().replace(/^whsec_/, ""), "base64");
}

const seconds = ({ timestamp }) => timestamp ?? Math.floor(Date.now() / 1000);

/** One header with a hash of the body. */
const body = (header, algorithm, encoding, prefix = "") => (secret, payload) => [
  [header, prefix + hmac(algorithm, secret, payload).digest(encoding)],
];

/** `t=…,v1=…` over `t.body`, with the time in seconds. */
const timed = (header) => (secret, payload, given) => {
  const at = seconds(given);
  return [[header, `t=${at},v1=${hmac("sha256", secret, `${at}.`, payload).digest("hex")}`]];
};

/** An id and a time in headers of their own, both signed. */
const standard = (prefix) => (secret, payload, given) => {
  const id = given.id ?? `msg_${randomUUID()}`;
  const at = seconds(given);
  const signature = hmac("sha256", base64Key(secret), `${id}.${at}.`, payload).digest("base64");
  return [
    [`${prefix}-id`, id],
    [`${prefix}-timestamp`, String(at)],
    [`${prefix}-signature`, `v1,${signature}`],
  ];
};

const base64url = (value) => Buffer.from(value).toString("base64url");

/** A signed token, as Netlify sends it. */
function token(secret, payload, { issuer } = {}) {
  const claims = { ...JSON.parse(Buffer.from(payload).toString()), ...(issuer === undefined ? {} : { iss: issuer }) };
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`;
  return `${signed}.${hmac("sha256", secret, signed).digest("base64url")}`;
}

/** What a scheme sends: name and value of each header. Redwood's have the name of their header from the test. */
const SCHEMES = {
  github: body("x-hub-signature-256", "sha256", "hex", "sha256="),
  discourse: body("x-discourse-event-signature", "sha256", "hex", "sha256="),
  bitbucket: body("x-hub-signature", "sha256", "hex", "sha256="),
  vercel: body("x-vercel-signature", "sha1", "hex"),
  shopify: body("x-shopify-hmac-sha256", "sha256", "base64"),
  stripe: timed("stripe-signature"),
  calendly: timed("calendly-webhook-signature"),
  mux: timed("mux-signature"),
  slack: (secret, payload, given) => {
    const at = seconds(given);
    return [
      ["x-slack-request-timestamp", String(at)],
      ["x-slack-signature", `v0=${hmac("sha256", secret, `v0:${at}:`, payload).digest("hex")}`],
    ];
  },
  standardwebhooks: standard("webhook"),
  svix: standard("svix"),
  clerk: standard("svix"),
  resend: standard("svix"),
  gitlab: (secret) => [["x-gitlab-token", Buffer.from(secret).toString()]],
  orbit: (secret) => [["x-orbit-signature", Buffer.from(secret).toString()]],
  netlify: (secret, payload) => {
    const claim = { iss: "netlify", sha256: createHash("sha256").update(payload).digest("hex") };
    return [["x-webhook-signature", token(secret, JSON.stringify(claim))]];
  },
};

/** What Redwood's verifiers put into the header that the test names. */
const VERIFIERS = {
  skipVerifier: () => "",
  secretKeyVerifier: (secret) => Buffer.from(secret).toString(),
  sha1Verifier: (secret, payload) => `sha1=${hmac("sha1", secret, payload).digest("hex")}`,
  sha256Verifier: (secret, payload) => `sha256=${hmac("sha256", secret, payload).digest("hex")}`,
  base64Sha1Verifier: (secret, payload) => hmac("sha1", base64Key(secret), payload).digest("base64"),
  base64Sha256Verifier: (secret, payload) => hmac("sha256", base64Key(secret), payload).digest("base64"),
  timestampSchemeVerifier: (secret, payload, given) => {
    const at = given.timestamp === undefined ? Date.now() : given.timestamp * 1000;
    return `t=${at},v1=${hmac("sha256", secret, `${at}.`, payload).digest("hex")}`;
  },
  jwtVerifier: (secret, payload, given) => token(secret, payload, given),
};

/** Redwood's default. */
export const DEFAULT_HEADER = "rw-webhook-signature";

/** The names that a test can sign with. */
export const known = [...Object.keys(VERIFIERS), ...Object.keys(SCHEMES)].sort();

/**
 * Signs as the sender does.
 *
 * @param {string} scheme one of `known`
 * @param {{ secret: string | Uint8Array, payload: Uint8Array, header?: string, id?: string, timestamp?: number, issuer?: string }} given
 *   `header` for Redwood's verifiers, `timestamp` in Unix seconds
 * @returns {{ headers: [string, string][], payload: null, url: null }} as the host's `sign`
 * @throws {HostError} for a scheme that is not among them
 */
export function signAs(scheme, { secret, payload, header = DEFAULT_HEADER, ...given }) {
  const made = { payload: null, url: null };
  if (Object.hasOwn(VERIFIERS, scheme)) {
    return { ...made, headers: [[header.toLowerCase(), VERIFIERS[scheme](secret, payload, given)]] };
  }
  if (Object.hasOwn(SCHEMES, scheme)) {
    return { ...made, headers: SCHEMES[scheme](secret, payload, given) };
  }
  throw new HostError("failed", `a test on node cannot sign as ${JSON.stringify(scheme)}, only as ${known.join(", ")}; test the component with Host.signed`);
}

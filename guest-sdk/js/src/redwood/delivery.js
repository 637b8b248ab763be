/**
 * A delivery that the host has verified, against what the code asks for. Redwood's code verifies by itself; here the
 * host has done it before there was a sandbox, with a secret that the function does not have. What is left to check is
 * that the code asks for what was verified, and no less: the same secret, a verifier that says what the scheme says,
 * the same bytes, a time that is fresh.
 *
 * | the code                                             | passes if                                                         |
 * |------------------------------------------------------|-------------------------------------------------------------------|
 * | any verifier but skipVerifier, no delivery           | never                                                             |
 * | `secret` is another name's value, or nothing         | never (it does not come here: `secret.js` stands for one name)    |
 * | a verifier that does not fit the scheme (`FITS`)     | never; nor does any fit `custom` and `component`                  |
 * | no `payload`                                         | the event's body is, byte for byte, what was verified             |
 * | `payload` is given                                   | it is that body, or `id.timestamp.body` where the scheme signs so |
 * | `signatureHeader`                                    | it is the scheme's; of a scheme under Redwood's name, it is there |
 * |                                                      | as it came. The header that shows a secret itself ends at the host|
 * | a signature                                          | it has the verifier's form, and is the header or a word of it     |
 * | `eventTimestamp`                                     | it is within `tolerance`                                          |
 * | `tolerance`, of a scheme that signs a time           | the delivery's time is within it                                  |
 * | timestampSchemeVerifier                              | there is such a time, within `tolerance` or 5 minutes             |
 * | jwtVerifier with `issuer`                            | the scheme's own header holds a token of this issuer              |
 *
 * Owns this table. Signatures are none of its business.
 */
import { currentContext } from "#host";

import { toUtf8 } from "../prelude/web/encoding.js";
import { sameBytes } from "../prelude/crypto/digests.js";
import { refused } from "./errors.js";
import { receivedEvent } from "./received.js";
import { checkAge, checkClaims, claimsOfToken } from "./verifiers.js";

/**
 * The schemes of the host that are what a verifier of Redwood is, with the header in which each has its signature:
 * nothing where the policy names the header. Algorithm, what is signed and how the key is written are the same, so that
 * the verifier itself would have accepted the message (Stripe's time is in seconds, for which Redwood's documentation
 * names the verifier all the same).
 */
const FITS = {
  sha1Verifier: { sha1Verifier: null, intercom: "x-hub-signature", vercel: "x-vercel-signature" },
  sha256Verifier: {
    sha256Verifier: null,
    bitbucket: "x-hub-signature",
    discourse: "x-discourse-event-signature",
    doppler: "x-doppler-signature",
    github: "x-hub-signature-256",
    meta: "x-hub-signature-256",
    whatsapp: "x-hub-signature-256",
  },
  base64Sha1Verifier: { base64Sha1Verifier: null },
  base64Sha256Verifier: {
    base64Sha256Verifier: null,
    clerk: "svix-signature",
    openai: "webhook-signature",
    resend: "svix-signature",
    standardwebhooks: "webhook-signature",
    svix: "svix-signature",
  },
  timestampSchemeVerifier: {
    timestampSchemeVerifier: null,
    calendly: "calendly-webhook-signature",
    mux: "mux-signature",
    stripe: "stripe-signature",
  },
  secretKeyVerifier: {
    secretKeyVerifier: null,
    gitlab: "x-gitlab-token",
    okta: "authorization",
    orbit: "x-orbit-signature",
    telegram: "x-telegram-bot-api-secret-token",
  },
  jwtVerifier: { jwtVerifier: null, netlify: "x-webhook-signature" },
};

/** What each verifier takes for a signature. Anything else Redwood refuses, whatever header it is in. */
const FORMS = {
  sha1Verifier: /^sha1=[\da-f]{40}$/i,
  sha256Verifier: /^sha256=[\da-f]{64}$/i,
  base64Sha1Verifier: /^[\w+/-]{27}=?$/,
  base64Sha256Verifier: /^[\w+/-]{43}=?$/,
  timestampSchemeVerifier: /t=\d+,v1=[\da-f]{64}/,
  jwtVerifier: /^[\w-]+\.[\w-]+\.[\w-]+$/,
};

/** Schemes that sign `id.timestamp.body`. */
const SIGN_ID_AND_TIME = ["clerk", "openai", "resend", "standardwebhooks", "svix"];

/**
 * Checks a call of `verifyEvent` or `verifySignature` against this request's delivery.
 * @param {object} asked
 * @param {string} asked.type the verifier
 * @param {Uint8Array | undefined} asked.payload what is said to be signed; nothing if nothing is said
 * @param {Uint8Array | undefined} asked.body the body of the event that the code has; nothing if it has none
 * @param {string | undefined} asked.header the signature's header, in lower case; nothing if the code has a signature
 * @param {unknown} asked.signature what the code has for a signature, after its transformer
 * @param {object | undefined} asked.options Redwood's VerifyOptions
 * @returns {true}
 * @throws {WebhookVerificationError}
 */
export function checkDelivery({ type, payload, body, header, signature, options }) {
  const delivery = currentContext()?.delivery;
  const event = receivedEvent();
  if (!delivery || event === null) {
    throw refused("the host has verified no delivery: the function's policy needs [verify]");
  }
  const { scheme } = delivery;
  const fits = FITS[type] ?? {};
  if (!Object.hasOwn(fits, scheme)) {
    throw refused(
      `the host has verified the scheme ${scheme}, and ${type} is what ${Object.keys(fits).join(", ")} are`,
    );
  }
  checkBytes({ delivery, event, payload, body });
  checkSignature({ type, own: fits[scheme], header, signature, event });
  const asksForTime = type === "timestampSchemeVerifier";
  if (asksForTime && !hasTime(delivery)) {
    throw refused(`the scheme ${scheme} has told no time`);
  }
  if (asksForTime || (hasTime(delivery) && options?.tolerance !== undefined)) {
    checkAge(Number(delivery.timestamp) * 1000, options, "the delivery's time");
  }
  if (type === "jwtVerifier" && (options?.issuer ?? undefined) !== undefined) {
    checkIssuer({ own: fits[scheme], event, options });
  }
  return true;
}

const hasTime = ({ timestamp }) => timestamp !== null && timestamp !== undefined;

function checkBytes({ delivery, event, payload, body }) {
  if (body !== undefined && !sameBytes(body, event.body)) {
    throw refused("the body of this event is not the one that was verified");
  }
  if (payload === undefined) {
    if (body === undefined) {
      throw refused("there is no event");
    }
    return;
  }
  if (sameBytes(payload, event.body)) {
    return;
  }
  if (SIGN_ID_AND_TIME.includes(delivery.scheme) && delivery.id && hasTime(delivery)) {
    const before = toUtf8(`${delivery.id}.${delivery.timestamp}.`);
    const rest = payload.subarray(before.length);
    if (
      payload.length === before.length + event.body.length &&
      sameBytes(payload.subarray(0, before.length), before) &&
      sameBytes(rest, event.body)
    ) {
      return;
    }
  }
  throw refused("the payload is not what was verified");
}

/** The values of a header, as it came. */
function valuesOf(event, name) {
  return event.headers.filter(([one]) => one === name).map(([, value]) => value);
}

function checkSignature({ type, own, header, signature, event }) {
  if (header !== undefined && own !== null && header !== own) {
    throw refused(`the signature that was verified is in the header ${own}, not in ${header}`);
  }
  if (type === "secretKeyVerifier") {
    // The host has taken the header away in which the secret stood. One that is still there is another.
    if (header === undefined || valuesOf(event, header).length > 0) {
      throw refused("the host has checked another header");
    }
    return;
  }
  if (typeof signature !== "string" || !FORMS[type].test(signature)) {
    throw refused(`there is no signature in this header that ${type} could accept`);
  }
  const name = header ?? own ?? undefined;
  const came = name === undefined ? event.headers.map(([, value]) => value) : valuesOf(event, name);
  if ((header !== undefined && came.length !== 1) || !came.some((value) => holds(value, signature))) {
    throw refused("the signature did not come with this delivery");
  }
}

/** Whether a header holds a signature: it is all of it, or one of its words, which may say the algorithm or a version. */
function holds(value, signature) {
  const bare = (word) => word.replace(/^(?:sha1|sha256|v\d+|s)=/i, "");
  return value === signature || value.split(/[\s,]+/).some((word) => bare(word) === bare(signature));
}

/** The token is only known to be the one that was verified where its header is the scheme's. */
function checkIssuer({ own, event, options }) {
  const tokens = own === null ? [] : valuesOf(event, own);
  if (tokens.length !== 1) {
    throw refused(
      "which header the host has verified is not known here: write the issuer into the policy, and not into the options",
    );
  }
  checkClaims(claimsOfToken(tokens[0]), options);
}

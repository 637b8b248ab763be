/**
 * Redwood's verifiers, for functions that have the secret. They do what Redwood's say that they do, and let in nothing
 * that those let in by mistake: an algorithm that the message names, an empty secret, another spelling of a signature,
 * text around it. All comparisons take a time that does not depend on how much is right. Owns how each signs and
 * verifies; knows nothing of the host.
 */
import { Hmac, hashOf, sameBytes } from "../prelude/crypto/digests.js";
import { fromBase64url, fromUtf8, toBase64url, toHex, toUtf8 } from "../prelude/web/encoding.js";
import { DEFAULT_TOLERANCE, VERIFICATION_SIGN_MESSAGE, WebhookSignError, refused } from "./errors.js";

const JWT_HASHES = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };

/** The payload's bytes: of a text, of bytes, or of what becomes JSON as Redwood writes it. */
export function payloadBytes(payload) {
  if (typeof payload === "string") {
    return toUtf8(payload);
  }
  if (payload instanceof Uint8Array) {
    return payload;
  }
  const text = JSON.stringify(payload) ?? "";
  return toUtf8(text.replace(/\\u[\da-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`));
}

function sameText(one, other) {
  return sameBytes(toUtf8(one), toUtf8(other));
}

function hmac(hash, key, bytes) {
  return new Hmac(hashOf(hash), key).update(bytes).digest();
}

/** @throws {WebhookVerificationError} unless they are the same */
function mustBe(signature, expected) {
  if (typeof signature !== "string" || !sameText(signature, expected)) {
    throw refused("the signature is not that of the payload with this secret");
  }
  return true;
}

/** The time, and how far from it another may be, in milliseconds. */
export function checkAge(timestamp, options, what) {
  const now = options?.currentTimestampOverride ?? Date.now();
  const tolerance = options?.tolerance ?? DEFAULT_TOLERANCE;
  // Written so that what is no number is refused, too.
  if (!(Math.abs(now - timestamp) <= tolerance)) {
    throw refused(`${what} is further from the present than ${tolerance} ms`);
  }
}

function hexVerifier(hash) {
  const sign = ({ payload, secret }) => `${hash}=${toHex(hmac(hash, toUtf8(secret), payloadBytes(payload)))}`;
  return { sign, verify: ({ payload, secret, signature }) => mustBe(signature, sign({ payload, secret })) };
}

function base64Verifier(hash) {
  const sign = ({ payload, secret }) => {
    const key = /^[A-Za-z0-9+/_-]+={0,2}$/.test(secret) ? fromBase64url(secret) : undefined;
    if (key === undefined || key.length === 0) {
      throw new TypeError("the secret of this verifier must be Base64");
    }
    return btoa(String.fromCharCode(...hmac(hash, key, payloadBytes(payload))));
  };
  return { sign, verify: ({ payload, secret, signature }) => mustBe(signature, sign({ payload, secret })) };
}

function timestampScheme() {
  const signAt = (at, { payload, secret }) => {
    const content = typeof payload === "object" && !(payload instanceof Uint8Array) ? String(payload) : payload;
    const bytes = payloadBytes(content);
    const prefix = toUtf8(`${at}.`);
    const signed = new Uint8Array(prefix.length + bytes.length);
    signed.set(prefix);
    signed.set(bytes, prefix.length);
    return `t=${at},v1=${toHex(hmac("sha256", toUtf8(secret), signed))}`;
  };
  return {
    sign: ({ payload, secret, options }) =>
      signAt(options?.currentTimestampOverride ?? Date.now(), { payload, secret }),
    verify({ payload, secret, signature, options }) {
      const parts = /^t=(0|[1-9]\d{0,15}),v1=([\da-f]{64})(?:,v1=[\da-f]{64})*$/.exec(String(signature));
      if (parts === null) {
        throw refused("the signature is not of the form t=…,v1=…");
      }
      checkAge(Number(parts[1]), options, "the signed time");
      return mustBe(`t=${parts[1]},v1=${parts[2]}`, signAt(parts[1], { payload, secret }));
    },
  };
}

function jsonOf(part) {
  const bytes = /^[A-Za-z0-9_-]+$/.test(part) ? fromBase64url(part) : undefined;
  const value = bytes && JSON.parse(fromUtf8(bytes));
  if (typeof value !== "object" || value === null) {
    throw refused("the token has a part that is no JSON object");
  }
  return value;
}

/** The claims of a token, whoever signed it. */
export function claimsOfToken(token) {
  try {
    return jsonOf(String(token).split(".")[1] ?? "");
  } catch {
    throw refused("the signature is no JSON Web Token");
  }
}

function jwtVerifier() {
  const seal = (hash, content, secret) => toBase64url(hmac(hash, toUtf8(secret), toUtf8(content)));
  return {
    sign({ payload, secret, options }) {
      const issuer = options?.issuer;
      const isText = typeof payload === "string";
      if (isText && issuer !== undefined) {
        throw new WebhookSignError(`${VERIFICATION_SIGN_MESSAGE}: a payload that is a text has no issuer`);
      }
      const claims = isText
        ? payload
        : JSON.stringify({ iat: Math.floor(Date.now() / 1000), ...payload, ...(issuer && { iss: issuer }) });
      const content = [JSON.stringify({ alg: "HS256", typ: "JWT" }), claims]
        .map((part) => toBase64url(toUtf8(part)))
        .join(".");
      return `${content}.${seal("sha256", content, secret)}`;
    },
    verify({ secret, signature, options }) {
      const parts = String(signature).split(".");
      const header = parts.length === 3 ? claimsOfToken(`.${parts[0]}`) : {};
      const hash = Object.hasOwn(JWT_HASHES, header.alg ?? "") ? JWT_HASHES[header.alg] : undefined;
      if (hash === undefined || header.crit !== undefined) {
        throw refused("the signature is no JSON Web Token with HMAC");
      }
      mustBe(parts[2], seal(hash, `${parts[0]}.${parts[1]}`, secret));
      checkClaims(claimsOfToken(signature), options);
      return true;
    },
  };
}

/** The times and the issuer of a token whose signature is right. */
export function checkClaims(claims, options) {
  const now = Math.floor((options?.currentTimestampOverride ?? Date.now()) / 1000);
  if (claims.exp !== undefined && !(now < claims.exp && typeof claims.exp === "number")) {
    throw refused("the token has expired");
  }
  if (claims.nbf !== undefined && !(now >= claims.nbf && typeof claims.nbf === "number")) {
    throw refused("the token is not valid yet");
  }
  if ((options?.issuer ?? undefined) !== undefined && claims.iss !== options.issuer) {
    throw refused("the token is of another issuer");
  }
}

const VERIFIERS = {
  skipVerifier: {
    sign() {
      console.warn("It is considered insecure to skip webhook verification when signing a payload.");
      return "";
    },
    verify() {
      console.warn("It is considered insecure to skip webhook verification.");
      return true;
    },
  },
  secretKeyVerifier: {
    sign: ({ secret }) => secret,
    verify: ({ secret, signature }) => mustBe(signature, secret),
  },
  sha1Verifier: hexVerifier("sha1"),
  sha256Verifier: hexVerifier("sha256"),
  base64Sha1Verifier: base64Verifier("sha1"),
  base64Sha256Verifier: base64Verifier("sha256"),
  timestampSchemeVerifier: timestampScheme(),
  jwtVerifier: jwtVerifier(),
};

/** The names of all verifiers. */
export const verifierNames = Object.keys(VERIFIERS);

/**
 * A verifier by its name.
 * @param {string} type
 * @param {object} [options] Redwood's VerifyOptions
 * @returns {{ type: string, sign: Function, verify: Function }}
 * @throws {TypeError} if there is none of this name
 */
export function createVerifier(type, options) {
  if (!Object.hasOwn(VERIFIERS, type ?? "")) {
    throw new TypeError(`${JSON.stringify(type)} is no verifier: ${verifierNames.join(", ")}`);
  }
  const { sign, verify } = VERIFIERS[type];
  const needsSecret = type !== "skipVerifier";
  const checked = (given) => {
    if (needsSecret && (typeof given.secret !== "string" || given.secret === "")) {
      throw refused("there is no secret, or an empty one");
    }
    return { ...given, options: given.options ?? options };
  };
  return {
    type,
    sign(given) {
      try {
        return sign(checked(given));
      } catch (error) {
        if (error instanceof WebhookSignError) {
          throw error;
        }
        throw new WebhookSignError(VERIFICATION_SIGN_MESSAGE, { cause: error.cause ?? error.message });
      }
    },
    verify(given) {
      try {
        return verify(checked(given));
      } catch (error) {
        throw error.name === "WebhookVerificationError" ? error : refused(error.message);
      }
    },
  };
}

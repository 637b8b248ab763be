/**
 * `@redwoodjs/api/webhooks`: `verifyEvent`, `verifySignature` and `signPayload` as Redwood has them, so that its files
 * run unchanged. Owns where payload and signature are found. Who checks them is decided by the secret that the code
 * hands over:
 *
 * | `secret`                                                  | who checks                                                   |
 * |-----------------------------------------------------------|--------------------------------------------------------------|
 * | what `process.env` has for the secret that the host used  | the host has; `delivery.js` compares what the code asks for  |
 * | a text that the function has (granted, or from elsewhere) | the function, by `verifiers.js`                              |
 * | none                                                      | as if it were `process.env.WEBHOOK_SECRET`                   |
 * | `""`, or what `process.env` has not                       | nobody: it throws                                            |
 *
 * `skipVerifier` asks for nothing and warns, as in Redwood. It opens no door: whether a request gets here is the
 * policy's decision.
 */
import { currentContext, sign as hostSign } from "#host";

import { fromBase64url, toUtf8 } from "../prelude/web/encoding.js";
import { checkDelivery } from "./delivery.js";
import {
  DEFAULT_SECRET_NAME,
  DEFAULT_WEBHOOK_SIGNATURE_HEADER,
  VERIFICATION_SIGN_MESSAGE,
  WebhookSignError,
  WebhookVerificationError,
  refused,
} from "./errors.js";
import { standsIn } from "./secret.js";
import { checkAge, createVerifier, payloadBytes } from "./verifiers.js";

/** An event's body as bytes. */
function bodyOf(event) {
  const { body, isBase64Encoded } = event;
  if (body === null || body === undefined) {
    return new Uint8Array();
  }
  if (typeof body !== "string") {
    throw refused("the event's body is no text: it has to be verified as it came, before it is parsed");
  }
  if (!isBase64Encoded) {
    return toUtf8(body);
  }
  const bytes = fromBase64url(body);
  if (bytes === undefined) {
    throw refused("the event's body is said to be Base64, and is not");
  }
  return bytes;
}

/** What the code's own function makes of the header. */
function transformed(signature, options) {
  const transform = options?.signatureTransformer;
  if (transform === undefined || transform === null || typeof signature !== "string") {
    return signature;
  }
  try {
    return transform(signature);
  } catch (error) {
    throw refused(`signatureTransformer: ${error?.message ?? error}`);
  }
}

const secretOr = (secret) => (secret === undefined ? process.env[DEFAULT_SECRET_NAME] : secret);

/**
 * Verifies an event.
 * @param {string} type a verifier: `sha256Verifier`, …
 * @param {{ event: object, payload?: string, secret?: string, options?: object }} given
 * @returns {true}
 * @throws {WebhookVerificationError} if it is not genuine; `cause` says why
 * @throws {TypeError} if there is no such verifier
 */
export function verifyEvent(type, { event, payload, secret, options } = {}) {
  const verifier = createVerifier(type, options);
  if (type === "skipVerifier") {
    return verifier.verify({});
  }
  if (typeof event !== "object" || event === null) {
    throw refused("there is no event");
  }
  const key = secretOr(secret);
  const body = bodyOf(event);
  const header = (options?.signatureHeader ?? DEFAULT_WEBHOOK_SIGNATURE_HEADER).toLowerCase();
  const given =
    event.headers !== null && Object.hasOwn(event.headers ?? {}, header) ? event.headers[header] : undefined;
  const signature = transformed(given, options);
  if (options?.eventTimestamp !== undefined && options.eventTimestamp !== null) {
    checkAge(options.eventTimestamp, options, "eventTimestamp");
  }
  const said = payload === undefined || payload === null ? undefined : payloadBytes(payload);
  if (standsIn(key)) {
    return checkDelivery({ type, payload: said, body, header, signature, options });
  }
  return verifier.verify({ payload: said ?? body, secret: key, signature, options });
}

/**
 * Verifies a signature of a payload.
 * @param {string} type as for `verifyEvent`
 * @param {{ payload: unknown, secret?: string, signature: string, options?: object }} given
 * @returns {true}
 * @throws {WebhookVerificationError} if it is not genuine; `cause` says why
 */
export function verifySignature(type, { payload, secret, signature, options } = {}) {
  const verifier = createVerifier(type, options);
  const key = secretOr(secret);
  if (type !== "skipVerifier" && standsIn(key)) {
    return checkDelivery({ type, payload: payloadBytes(payload ?? ""), signature, options });
  }
  return verifier.verify({ payload: payload ?? "", secret: key, signature, options });
}

/**
 * Signs a payload.
 * @param {string} type as for `verifyEvent`
 * @param {{ payload: unknown, secret?: string, options?: object }} given with what `process.env` has for the secret of
 *   this delivery, the
 *   host signs, if the policy grants it (`grants.sign`)
 * @returns {string} the header's value
 * @throws {WebhookSignError} if it cannot be signed; `cause` says why
 */
export function signPayload(type, { payload, secret, options } = {}) {
  const verifier = createVerifier(type, options);
  const key = secretOr(secret);
  if (type === "skipVerifier" || !standsIn(key)) {
    return verifier.sign({ payload, secret: key, options });
  }
  const at = options?.currentTimestampOverride;
  try {
    const signed = hostSign(currentContext().delivery.secret, type, payloadBytes(payload), {
      timestamp: at === undefined ? undefined : Math.floor(at / 1000),
    });
    return signed.headers[0][1];
  } catch (error) {
    throw new WebhookSignError(VERIFICATION_SIGN_MESSAGE, { cause: error.message });
  }
}

/**
 * Redwood reads it when it is imported; here that would be while the component is built. Leave `secret` out instead.
 */
export const DEFAULT_WEBHOOK_SECRET = "";

export { DEFAULT_WEBHOOK_SIGNATURE_HEADER, WebhookSignError, WebhookVerificationError };
export { DEFAULT_TOLERANCE, VERIFICATION_ERROR_MESSAGE, VERIFICATION_SIGN_MESSAGE } from "./errors.js";

/**
 * The errors and fixed texts of Redwood's webhooks. The text is the same for every reason; the reason is in `cause`,
 * for the log.
 */

export const DEFAULT_WEBHOOK_SIGNATURE_HEADER = "RW-WEBHOOK-SIGNATURE";

/** What `secret` is if none is given: asked for in the request, by this name. */
export const DEFAULT_SECRET_NAME = "WEBHOOK_SECRET";

/** Milliseconds. */
export const DEFAULT_TOLERANCE = 300_000;

export const VERIFICATION_ERROR_MESSAGE = "You don't have access to invoke this function.";
export const VERIFICATION_SIGN_MESSAGE = "Unable to sign payload";

class WebhookError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A webhook that is not genuine, or of which that is not known. */
export class WebhookVerificationError extends WebhookError {
  constructor(message, options) {
    super(message || VERIFICATION_ERROR_MESSAGE, options);
    this.name = "WebhookVerificationError";
  }
}

/** A payload that cannot be signed. */
export class WebhookSignError extends WebhookError {
  constructor(message, options) {
    super(message || VERIFICATION_SIGN_MESSAGE, options);
    this.name = "WebhookSignError";
  }
}

/**
 * A refusal, with its reason in `cause`.
 * @param {string} reason never with a signature or a secret in it
 */
export function refused(reason) {
  return new WebhookVerificationError(VERIFICATION_ERROR_MESSAGE, { cause: reason });
}

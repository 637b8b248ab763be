/** What the tests of Redwood's modules share: a secret, a body, tokens made with node's own crypto, and what a refusal is. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import { DEFAULT_WEBHOOK_SIGNATURE_HEADER, WebhookVerificationError } from "../../src/redwood/webhooks.js";

export const SECRET = "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME";
export const BODY = '{"id":7,"name":"é"}';

export const hmac = (hash, key, text, encoding = "hex") => createHmac(hash, key).update(text).digest(encoding);
export const refuses = (action, reason) =>
  assert.throws(action, (error) => {
    assert.ok(error instanceof WebhookVerificationError, String(error));
    assert.equal(error.message, "You don't have access to invoke this function.");
    assert.match(String(error.cause), reason ?? /./);
    assert.ok(!String(error.cause).includes(SECRET));
    return true;
  });

export const HEADER = DEFAULT_WEBHOOK_SIGNATURE_HEADER.toLowerCase();
export const eventWith = (signature, more = {}) => ({
  headers: { [HEADER]: signature },
  body: BODY,
  isBase64Encoded: false,
  ...more,
});
export const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
export const jwt = (claims, { alg = "HS256", hash = "sha256", key = SECRET, header = {} } = {}) => {
  const content = `${part({ alg, typ: "JWT", ...header })}.${part(claims)}`;
  return `${content}.${hmac(hash, key, content, "base64url")}`;
};

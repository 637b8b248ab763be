/**
 * What a function imports from `@vestibule/function`: what its policy grants, as plain functions, and what the host knows of the
 * call. The same in a component and in a test on node; `#host` is what differs.
 */
import { currentContext, secret as hostSecret, sign as hostSign } from "#host";

import { claimsOf } from "./handler/event.js";
import { bytesOf, textOf } from "./handler/text.js";
import { store } from "./kv.js";

export { HostError } from "./host-error.js";

/** Stores of keys and values: `kv.store("orders")`. */
export const kv = { store };

/**
 * The text of a secret that the policy grants by name (`[grants] secrets = ["SENDGRID_KEY"]`).
 *
 * @param {string} name
 * @returns {string}
 * @throws {HostError} if it is not granted, saying the line to write; `TypeError` if it is no text
 */
export function secret(name) {
  const text = textOf(hostSecret(name));
  if (text === null) {
    throw new TypeError(`the secret ${name} is no UTF-8: read it with secretBytes("${name}")`);
  }
  return text;
}

/**
 * The bytes of such a secret.
 *
 * @param {string} name
 * @returns {Uint8Array}
 */
export function secretBytes(name) {
  return hostSecret(name);
}

/** Webhooks that the function sends. */
export const webhooks = {
  /**
   * Signs a payload with a secret that the function never sees (`[grants] sign = ["OUTGOING_SECRET"]`).
   *
   * @param {string} scheme as in `host sign`: `github`, `stripe`, `standardwebhooks`, …
   * @param {string} name the name of the secret
   * @param {string | Uint8Array} payload
   * @param {object} [parameters] what the scheme wants besides: `method`, `url`, `id`, `eventType`, `timestamp` (Unix s), …
   * @returns what to send: `headers` (an object), `body` and `url`
   */
  sign(scheme, name, payload, parameters = {}) {
    const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
    const signed = hostSign(name, scheme, bytes, parameters);
    return {
      headers: Object.fromEntries(signed.headers),
      body: signed.payload ?? bytes,
      url: signed.url ?? parameters.url ?? null,
    };
  },

  /**
   * Signs a payload and posts it. The server has to be granted (`[grants] http = ["https://hooks.example.com"]`).
   *
   * @param {string} url
   * @param {string} scheme
   * @param {string} name the name of the secret
   * @param {string | Uint8Array} payload JSON, unless `headers` say otherwise
   * @param {object} [parameters] as in `sign`, and `headers`
   * @returns {Promise<Response>}
   */
  async send(url, scheme, name, payload, { headers = {}, ...parameters } = {}) {
    const signed = webhooks.sign(scheme, name, payload, { url, method: "POST", ...parameters });
    return fetch(signed.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers, ...signed.headers },
      body: signed.body,
    });
  },
};

function contractOf(context) {
  return context?.vestibule?.context ?? currentContext();
}

/**
 * The webhook that the host has verified; null if the policy verifies none.
 *
 * @param {object} [context] the handler's second argument; without it, that of the call that is going on
 * @returns {{ scheme: string, id: string | null, eventType: string | null, timestamp: number | null, secret: string } | null}
 */
export function delivery(context) {
  return contractOf(context)?.delivery ?? null;
}

/**
 * The caller for whom a provider vouches; null if the policy asks for none, or the request had none.
 *
 * @param {object} [context] as for `delivery`
 * @returns {{ provider: string, subject: string, roles: string[], claims: object } | null}
 */
export function identity(context) {
  const known = contractOf(context)?.identity ?? null;
  return known === null ? null : { ...known, roles: [...known.roles], claims: claimsOf(known) };
}

/**
 * The contract's event in the words of the web: a `Request`, and beside it what a `Request` has no place for.
 */
import { withContract } from "./context.js";
import { claimsOf } from "./event.js";

/** Methods whose requests have no body on the web. */
const BODILESS = new Set(["GET", "HEAD"]);

/** Methods that may come and that the web lets no `Request` be made with. */
const REFUSED = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Whether what a client says is the host of a URL, and nothing that would become a user, a path or a query in it. */
const isHost = (host) => !/[/?#@\\]/.test(host) && URL.canParse(`http://${host}`);

/**
 * @param {object} event the contract's record `event`
 * @returns {Request} with the URL that the client asked for. The host may stand behind a proxy that speaks TLS, and does not say:
 *   the scheme is always `http`
 */
export function webRequest(event) {
  const headers = new Headers();
  let host = "localhost";
  for (const [name, value] of event.headers) {
    headers.append(name, value);
    if (name === "host") {
      host = value;
    }
  }
  const target = `${event.path}${event.query === "" ? "" : `?${event.query}`}`;
  // What a client says may be no host of a URL; that is no reason to answer nobody.
  const url = `http://${isHost(host) ? host : "localhost"}${target}`;
  const body = BODILESS.has(event.method) || event.body.length === 0 ? undefined : event.body;
  if (!REFUSED.has(event.method.toUpperCase())) {
    return new Request(url, { method: event.method, headers, body });
  }
  const request = new Request(url, { method: "POST", headers, body });
  return Object.defineProperty(request, "method", { value: event.method, enumerable: true, configurable: true });
}

/**
 * @param {object} event the contract's record `event`
 * @param {object} context the contract's record `context`
 * @param {unknown[]} work where `waitUntil` puts its promises
 */
export function webContext(event, context, work) {
  const { identity, delivery } = context;
  const made = {
    requestId: context.requestId,
    ip: event.client,
    params: Object.fromEntries(event.params),
    subpath: event.subpath,
    delivery,
    identity: identity === null ? null : { ...identity, claims: claimsOf(identity) },
    getRemainingTimeInMillis: () => Math.max(0, context.deadline - Date.now()),
    waitUntil(promise) {
      work.push(promise);
    },
  };
  return withContract(made, event, context);
}

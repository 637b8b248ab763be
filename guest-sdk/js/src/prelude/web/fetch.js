/**
 * `fetch`, over the host's: the same grants and limits, in the web's form. Owns the form and the following of
 * redirects, each of which has to be granted as the first request has; knows nothing of connections.
 */
import { fetch as send } from "#host";

import { Request } from "./request.js";
import { Response } from "./response.js";
import { URL } from "./url.js";

/** As many as browsers follow. */
const MOST_REDIRECTS = 20;

const REDIRECTS = [301, 302, 303, 307, 308];

/** What goes to nobody but the origin for which it was meant. */
const FOR_THE_ORIGIN = ["authorization", "cookie", "proxy-authorization"];

/** What says something about a body, and goes with it. */
const OF_THE_BODY = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];

/** The text names the origin alone: paths and queries hold tokens, and what is not caught goes into the log. */
function failed(request, error) {
  const { origin } = new URL(request.url);
  const failure = new TypeError(`fetch failed: ${request.method} ${origin}: ${error?.message ?? error}`, {
    cause: error,
  });
  if (typeof error?.code === "string") {
    failure.code = error.code;
  }
  return failure;
}

/** Where an answer leads. It may lead nowhere, and says so without the text: an address that is sent on is often a secret. */
function followable(location, current) {
  if (!URL.canParse(location, current.url)) {
    throw new TypeError("the redirect leads to what is no URL");
  }
  return new URL(location, current.url);
}

/** The next request, after this answer. */
function redirected(current, response, location) {
  const next = followable(location, current);
  if (next.protocol !== "http:" && next.protocol !== "https:") {
    throw new TypeError(`the redirect leads to ${next.protocol}, which is not HTTP`);
  }
  const { status } = response;
  const drops =
    status === 303 ? current.method !== "HEAD" : (status === 301 || status === 302) && current.method === "POST";
  const foreign = next.origin !== new URL(current.url).origin;
  const headers = current.headers.filter(
    ([name]) => !(foreign && FOR_THE_ORIGIN.includes(name)) && !(drops && OF_THE_BODY.includes(name)),
  );
  return {
    method: drops && current.method !== "GET" ? "GET" : current.method,
    url: next.href,
    headers,
    body: drops ? new Uint8Array() : current.body,
  };
}

/**
 * Sends a request and gives the whole answer. The host's call blocks, so a signal is looked at before and after it; how
 * long a request may take is said by the policy's limits and the call's deadline.
 * @param {Request | URL | string} input
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 * @throws {TypeError} if there is no answer; `code` is the contract's word for why (`denied`, `dns`, `timeout`, …), and
 *   the text says
 *   what to write into the policy if nothing grants the request
 */
export async function fetch(input, init) {
  const request = new Request(input, init);
  const { signal, redirect } = request;
  signal.throwIfAborted();
  let current = {
    method: request.method,
    url: request.url.split("#", 1)[0],
    headers: [...request.headers],
    body: await request.bytes(),
  };
  for (let followed = 0; ; followed++) {
    const response = await once(request, current);
    signal.throwIfAborted();
    const location = response.headers.find(([name]) => name === "location")?.[1];
    if (!REDIRECTS.includes(response.status) || location === undefined || redirect === "manual") {
      return Response.received({ ...response, url: current.url, redirected: followed > 0 });
    }
    if (followed === MOST_REDIRECTS) {
      throw failed(request, new Error("it was redirected too often"));
    }
    try {
      if (redirect === "error") {
        const { protocol, host } = followable(location, current);
        throw new Error(`it was redirected to ${protocol}//${host}`);
      }
      current = redirected(current, response, location);
    } catch (error) {
      throw failed(request, error);
    }
  }
}

async function once(request, { method, url, headers, body }) {
  try {
    return await send({ method, url, headers, body });
  } catch (error) {
    throw failed(request, error);
  }
}

/**
 * `Request`: what is asked, as the web has it. Owns methods and addresses; of the many settings that steer a browser it
 * keeps what was said, and nothing acts on them.
 */
import { AbortController } from "./abort.js";
import { Body } from "./body.js";
import { Headers } from "./headers.js";
import { URL } from "./url.js";

/** The methods that are written in capitals whatever was given; any other is kept as it is. */
const CAPITALS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

const REFUSED = ["CONNECT", "TRACE", "TRACK"];

/** What a browser would look at, and what it is if nothing is said. */
const SETTINGS = {
  mode: "cors",
  credentials: "same-origin",
  cache: "default",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
  integrity: "",
  keepalive: false,
};

function methodOf(given) {
  const text = String(given);
  const upper = text.toUpperCase();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) {
    throw new TypeError(`Request: ${JSON.stringify(text)} is no method`);
  }
  if (REFUSED.includes(upper)) {
    throw new TypeError(`Request: the method ${upper} cannot be used`);
  }
  return CAPITALS.includes(upper) ? upper : text;
}

function addressOf(input) {
  let url;
  try {
    url = new URL(String(input));
  } catch {
    throw new TypeError(
      `Request: ${JSON.stringify(String(input))} is no whole URL; there is no page to which it could be relative`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("Request: a URL must not hold a user or a password; set the header `authorization`");
  }
  return url.href;
}

/** One request, with a body that can be read once. */
export class Request extends Body {
  #url;
  #method;
  #headers;
  #signal;
  #settings;

  constructor(input, init) {
    if (arguments.length === 0) {
      throw new TypeError("Request: the URL is missing");
    }
    const options = init ?? {};
    const other = input instanceof Request ? input : null;
    const method = options.method === undefined ? (other?.method ?? "GET") : methodOf(options.method);
    const headers = new Headers(options.headers ?? other?.headers);
    const given = options.body ?? null;
    const takes = given === null && other?.body;
    if ((given !== null || takes) && (method === "GET" || method === "HEAD")) {
      throw new TypeError("Request with GET/HEAD method cannot have body.");
    }
    const url = other === null ? addressOf(input) : other.url;
    super(takes ? Body.move(other) : given, headers);
    this.#url = url;
    this.#method = method;
    this.#headers = headers;
    this.#signal = options.signal ?? other?.signal ?? null;
    this.#settings = Object.fromEntries(
      Object.entries(SETTINGS).map(([name, value]) => [name, options[name] ?? other?.[name] ?? value]),
    );
  }

  get url() {
    return this.#url;
  }
  get method() {
    return this.#method;
  }
  get headers() {
    return this.#headers;
  }
  /** There is one always; if none was given, nobody aborts it. */
  get signal() {
    return (this.#signal ??= new AbortController().signal);
  }
  get destination() {
    return "";
  }
  get duplex() {
    return "half";
  }
  clone() {
    const { method, headers, signal } = this;
    const body = Body.branch(this);
    const copy = new Request(this.url, { ...this.#settings, method: "POST", headers, signal, body });
    // A request that came to the function may have a method that no other may be made with.
    copy.#method = method;
    return copy;
  }
  get [Symbol.toStringTag]() {
    return "Request";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    const { method, url, headers, bodyUsed } = this;
    return `Request ${inspect({ method, url, headers, bodyUsed }, options)}`;
  }

  static {
    for (const name of Object.keys(SETTINGS)) {
      Object.defineProperty(Request.prototype, name, {
        configurable: true,
        enumerable: true,
        get() {
          return this.#settings[name];
        },
      });
    }
  }
}

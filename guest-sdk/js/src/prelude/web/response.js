/**
 * `Response`: an answer, as the web has it: one that a function gives, or one that it got. Owns statuses; what may be
 * sent in the end is the host's business.
 */
import { Body } from "./body.js";
import { Headers } from "./headers.js";
import { URL } from "./url.js";

/** The statuses that have no body. */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

const REDIRECTS = [301, 302, 303, 307, 308];

/** The key for what only `fetch` and `Response.error` may set. */
const inner = Symbol("response");

/** One answer, with a body that can be read once. */
export class Response extends Body {
  #status;
  #statusText;
  #headers;
  #about;

  constructor(body = null, init = {}, about = undefined) {
    const options = init ?? {};
    const received = about?.[inner];
    const status = options.status === undefined ? 200 : Number(options.status);
    if (!received && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
      throw new RangeError(
        `Response: the status must be in the range of 200 to 599, inclusive, and is ${options.status}`,
      );
    }
    const text = String(options.statusText ?? "");
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
      throw new TypeError("Response: the statusText has a line break or another character that cannot be sent");
    }
    if (body !== null && body !== undefined && WITHOUT_BODY.includes(status)) {
      throw new TypeError(`Response: an answer with status ${status} has no body`);
    }
    const headers = new Headers(options.headers);
    super(body, headers);
    this.#status = status;
    this.#statusText = text;
    this.#headers = headers;
    this.#about = received ?? { type: "default", url: "", redirected: false };
  }

  get status() {
    return this.#status;
  }
  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText() {
    return this.#statusText;
  }
  get headers() {
    return this.#headers;
  }
  get type() {
    return this.#about.type;
  }
  get url() {
    return this.#about.url;
  }
  get redirected() {
    return this.#about.redirected;
  }
  clone() {
    const { status, statusText, headers } = this;
    return new Response(Body.branch(this), { status, statusText, headers }, { [inner]: this.#about });
  }

  /** A value as JSON. */
  static json(value, init = {}) {
    const text = JSON.stringify(value);
    if (text === undefined) {
      throw new TypeError("Response.json: this value has no form in JSON");
    }
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) {
      headers.set("content-type", "application/json");
    }
    return new Response(text, { ...init, headers });
  }
  /** The way to somewhere else. A relative URL is sent as it is: whoever gets it knows to what it is relative. */
  static redirect(url, status = 302) {
    if (!REDIRECTS.includes(Number(status))) {
      throw new RangeError(`Response.redirect: ${status} is no status of a redirect`);
    }
    const text = String(url);
    const location = URL.canParse(text) ? new URL(text).href : text;
    return new Response(null, { status, headers: { location } });
  }
  /** What `fetch` never gives: a failure as an answer. */
  static error() {
    return new Response(null, { status: 0 }, { [inner]: { type: "error", url: "", redirected: false } });
  }
  /** An answer that came from somewhere, for `fetch`. Any status that HTTP has. */
  static received({ status, headers, body, url, redirected }) {
    const whole = WITHOUT_BODY.includes(status) || body.length === 0 ? null : body;
    return new Response(whole, { status, headers }, { [inner]: { type: "basic", url, redirected } });
  }
  get [Symbol.toStringTag]() {
    return "Response";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    const { status, statusText, headers, bodyUsed, ok, type, url } = this;
    return `Response ${inspect({ status, statusText, headers, bodyUsed, ok, type, url }, options)}`;
  }
}

/**
 * `URL` and `URLSearchParams`, by core-js, which keeps to the web's standard; whatwg-url would too, and is ten times as large
 * because of its tables for host names. Without them a name that is no ASCII is put in lower case and encoded (Punycode), but
 * not brought into a normal form: `Ⅷ` is not `viii`. What may be reached is decided by the host, about the name as it is sent.
 * Owns the choice and how the two are printed.
 */
import CoreURL from "core-js-pure/actual/url/index.js";
import CoreSearch from "core-js-pure/actual/url-search-params/index.js";

import { custom } from "../inspect.js";

/** Properties in the order in which node prints them. */
const SHOWN = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search"];

/** An address. */
export class URL extends CoreURL {
  /** @throws {TypeError} `ERR_INVALID_URL` if it is none, as node has it */
  constructor(...args) {
    try {
      super(...args);
    } catch (error) {
      const [input, base] = args;
      throw Object.assign(new TypeError("Invalid URL", { cause: error }), {
        code: "ERR_INVALID_URL",
        input,
        ...(base && { base }),
      });
    }
  }
  static parse(...args) {
    return URL.canParse(...args) ? new URL(...args) : null;
  }
  get [Symbol.toStringTag]() {
    return "URL";
  }
  [custom](depth, options, inspect) {
    const fields = Object.fromEntries(SHOWN.map((name) => [name, this[name]]));
    return `URL ${inspect({ ...fields, searchParams: this.searchParams, hash: this.hash }, options)}`;
  }
}

Object.defineProperty(CoreSearch.prototype, custom, {
  configurable: true,
  value(depth, options, inspect) {
    const pairs = Array.from(this, ([name, value]) => `${inspect(name)} => ${inspect(value)}`);
    return pairs.length === 0 ? "URLSearchParams {}" : `URLSearchParams { ${pairs.join(", ")} }`;
  },
});

export { CoreSearch as URLSearchParams };

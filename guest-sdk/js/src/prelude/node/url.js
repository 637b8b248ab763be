/**
 * `node:url`: the web's two classes, and of node's older functions those that people still call. Owns the older form;
 * addresses of files mean nothing in a function.
 */
import { unsupplied } from "../unsupplied.js";
import { URL, URLSearchParams } from "../web/url.js";
import { parse as parseQuery, stringify } from "./querystring.js";

/** An address in the old form: parts, or null where there is none. A relative one is taken apart too. */
export function parse(text, withQuery = false) {
  const relative = !/^[a-z][a-z0-9+.-]*:/i.test(text);
  const url = new URL(text, relative ? "http://relative.invalid" : undefined);
  const part = (value) => (relative || value === "" ? null : value);
  const search = url.search === "" ? null : url.search;
  const auth =
    url.username === ""
      ? null
      : decodeURIComponent(url.username) + (url.password && `:${decodeURIComponent(url.password)}`);
  const query = search?.slice(1) ?? null;
  return {
    protocol: part(url.protocol),
    slashes: relative ? null : url.href.startsWith(`${url.protocol}//`),
    auth: relative ? null : auth,
    host: part(url.host),
    port: part(url.port),
    hostname: part(url.hostname),
    hash: url.hash === "" ? null : url.hash,
    search,
    query: withQuery ? parseQuery(query ?? "") : query,
    pathname: url.pathname,
    path: url.pathname + (search ?? ""),
    href: relative ? text : url.href,
  };
}

/** An address as text: of a URL, or of parts in the old form. */
export function format(given, options) {
  if (given instanceof URL) {
    const url = new URL(given.href);
    if (options?.auth === false) {
      url.username = "";
      url.password = "";
    }
    if (options?.fragment === false) {
      url.hash = "";
    }
    if (options?.search === false) {
      url.search = "";
    }
    return url.href;
  }
  if (typeof given === "string") {
    return given;
  }
  const { protocol, auth, hostname, port, pathname = "", hash, query } = given;
  const host = given.host ?? (hostname ? hostname + (port ? `:${port}` : "") : "");
  const asked = given.search ?? (query && typeof query === "object" ? stringify(query) : (query ?? ""));
  const mark = (text, sign) => (text && !text.startsWith(sign) ? sign + text : (text ?? ""));
  const scheme = protocol ? protocol.replace(/:?$/, ":") : "";
  const slashes = given.slashes || /^(https?|ftp|wss?):$/.test(scheme) ? "//" : "";
  const path = host && pathname && !pathname.startsWith("/") ? `/${pathname}` : pathname;
  return `${scheme}${slashes}${auth ? `${encodeURIComponent(auth).replace("%3A", ":")}@` : ""}${host}${path}${mark(asked, "?")}${mark(hash, "#")}`;
}

/** An address relative to another, in the old form: both may be relative. */
export function resolve(from, to) {
  const base = new URL(from, "resolve://here/");
  const url = new URL(to, base);
  return url.protocol === "resolve:" ? url.pathname + url.search + url.hash : url.href;
}

/** The options of an `http.request`, for libraries that make them. */
export function urlToHttpOptions(url) {
  const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
  return {
    protocol,
    hostname,
    hash,
    search,
    pathname,
    path: `${pathname}${search}`,
    href,
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username || password ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` } : {}),
  };
}

export const domainToASCII = (domain) => (URL.canParse(`ws://${domain}`) ? new URL(`ws://${domain}`).hostname : "");

const FILES = "a function has no files: put what it needs into the bundle";

const lacking = unsupplied("node:url", {
  fileURLToPath: FILES,
  pathToFileURL: FILES,
  domainToUnicode: "a bundled library, as punycode, does that",
});

export const { fileURLToPath, pathToFileURL, domainToUnicode } = lacking;

export { URL, URLSearchParams };

export default { ...lacking, URL, URLSearchParams, domainToASCII, format, parse, resolve, urlToHttpOptions };

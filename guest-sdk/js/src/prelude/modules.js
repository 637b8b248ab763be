/**
 * Which imports the SDK answers itself, and why it does not answer others. The build tool asks; nothing of this is in a
 * component. The lists are the ones that `docs/` shows.
 */
import { fileURLToPath } from "node:url";

/** node's modules, with and without `node:`, and the files that are them. */
export const NODE = {
  assert: "node/assert.js",
  "assert/strict": "node/assert-strict.js",
  buffer: "node/buffer.js",
  console: "node/console.js",
  crypto: "node/crypto.js",
  events: "node/events.js",
  path: "node/path.js",
  "path/posix": "node/path.js",
  process: "node/process.js",
  punycode: "node/punycode.js",
  querystring: "node/querystring.js",
  "stream/web": "node/stream-web.js",
  string_decoder: "node/string_decoder.js",
  sys: "node/util.js",
  timers: "node/timers.js",
  "timers/promises": "node/timers-promises.js",
  url: "node/url.js",
  util: "node/util.js",
  "util/types": "node/util-types.js",
};

/** Redwood's modules, and the two files of an app that its samples import: an app that has them has its own. */
export const REDWOOD = {
  "@redwoodjs/api": "../redwood/api.js",
  "@redwoodjs/api/logger": "../redwood/logger.js",
  "@redwoodjs/api/webhooks": "../redwood/webhooks.js",
  "@redwoodjs/auth-dbauth-api": "../redwood/auth.js",
  "@redwoodjs/context": "../redwood/context.js",
  "@redwoodjs/graphql-server": "../redwood/graphql-server.js",
  "src/lib/auth": "../redwood/auth.js",
  "src/lib/logger": "../redwood/logger.js",
};

const FILES =
  "a function has no files: import the file, so that the build puts it into the component (text, JSON and images can be imported)";
const SOCKETS =
  "a function has no sockets: use fetch, with the server granted in the policy (http = [...] under [grants])";
const PROCESSES =
  "there is one process, the host's: do the work in this function, or send it to another one with fetch";
const THREADS = "a function has one thread and answers one request: every request has a sandbox of its own";
const INSPECT = "that is the inside of node's engine, which is not the one here";
const STREAMS = "use the web's streams (ReadableStream is a global), or the whole body: it is in memory anyway";

/** Why, and what to do instead, by the module's name without `node:`. */
const REASONS = {
  async_hooks: "a component answers one request: what belongs to it can lie in a variable of the module",
  child_process: PROCESSES,
  cluster: PROCESSES,
  constants: "numbers of an operating system mean nothing here",
  dgram: SOCKETS,
  diagnostics_channel: INSPECT,
  dns: "the host looks names up: use fetch",
  "dns/promises": "the host looks names up: use fetch",
  domain: "it is deprecated in node: use try and catch",
  fs: FILES,
  "fs/promises": FILES,
  http: SOCKETS,
  http2: SOCKETS,
  https: SOCKETS,
  inspector: INSPECT,
  module: "the build has put everything that is imported into the component: use import",
  net: SOCKETS,
  os: "there is no operating system below a component that could be asked",
  "path/win32": "paths here are POSIX's: use path",
  perf_hooks: "performance.now() is a global",
  readline: "a function has no terminal",
  repl: "a function has no terminal",
  sea: "the component is the single file",
  sqlite: "state lives in the host's stores: kv from @vestibule/function",
  stream: STREAMS,
  "stream/consumers": STREAMS,
  "stream/promises": STREAMS,
  test: "tests run on node: keep them in files that the function does not import",
  tls: SOCKETS,
  trace_events: INSPECT,
  tty: "a function has no terminal",
  v8: INSPECT,
  vm: "code that is made at run time is not run here: import it",
  wasi: "the function is a component already: what it may use of WASI the host gives it",
  worker_threads: THREADS,
  zlib: "answers are sent as they are, a proxy in front compresses; to read what is packed, bundle a library as fflate",
  "@prisma/client":
    "it needs a database over sockets: keep state in the host's stores (kv from @vestibule/function), or use a database that speaks HTTP, by fetch",
  "src/lib/db":
    "the app's database needs sockets: keep state in the host's stores (kv from @vestibule/function), or write a src/lib/db that uses fetch",
};

const plain = (name) => name.replace(/^node:/, "");

/**
 * The file that answers an import.
 * @param {string} name as it is written: `node:crypto`, `buffer`, `@redwoodjs/api/webhooks`
 * @returns {string | null} an absolute path; null if the SDK does not answer it
 */
export function moduleFor(name) {
  const file = Object.hasOwn(REDWOOD, name)
    ? REDWOOD[name]
    : Object.hasOwn(NODE, plain(name))
      ? NODE[plain(name)]
      : null;
  return file === null ? null : fileURLToPath(new URL(file, import.meta.url));
}

/**
 * Why the SDK does not answer an import, and what to do instead.
 * @param {string} name as it is written
 * @returns {string | null} null if nothing is known about it
 */
export function whyNot(name) {
  const asked = plain(name);
  const known = [asked, asked.split("/")[0]].find((one) => Object.hasOwn(REASONS, one));
  return known === undefined ? null : REASONS[known];
}

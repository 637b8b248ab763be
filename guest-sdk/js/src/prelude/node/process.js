/**
 * `node:process`, which is a global as well: what of a process makes sense where there is none. Owns `env`, the names
 * that the policy grants and, for a webhook, what stands for its secret; never a value that the policy does not grant.
 */
import { atBuild, currentContext, env as granted, inComponent, monotonicNow, secret } from "#host";

import { standIn } from "../../redwood/secret.js";
import { NotSuppliedError } from "../unsupplied.js";
import { fromUtf8 } from "../web/encoding.js";

/** The node whose modules these are modelled on; libraries ask for it. */
const NODE = "20.0.0";

/** Names at which libraries look when they are loaded; no reason to load them anew in each request. */
const AT_BUILD = { NODE_ENV: "production", NODE_DEBUG: undefined, DEBUG: undefined };

/**
 * Names that say how a process looks from outside; nobody keeps a secret there, and the host need not be asked for one.
 */
const NO_SECRET =
  /^(NODE|NPM|npm|LC|XDG|AWS_LAMBDA)_|^(CI|DEBUG|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|TZ|LANG|HOME|PATH|PWD|USER|SHELL|LOG_LEVEL)$/;

/** What is granted, and what the function has set since: read once in a request. */
let variables;

/** Secrets that were asked for already, by name; nothing for those that are not granted. */
const secrets = new Map();

const building = () => inComponent && currentContext() === null;

function all(name) {
  if (variables === undefined) {
    atBuild(name === undefined ? "process.env" : `process.env.${name}`);
    variables = granted();
    variables.NODE_ENV ??= AT_BUILD.NODE_ENV;
  }
  return variables;
}

/** A secret that the policy grants by this name. If it does not, the host's log says what to write. */
function secretText(name) {
  if (!secrets.has(name)) {
    let text;
    try {
      text = fromUtf8(secret(name));
    } catch {
      text = undefined;
    }
    secrets.set(name, text);
  }
  return secrets.get(name);
}

/** @returns {string | undefined} a variable, a secret, or what stands for the secret of this delivery */
function valueOf(name) {
  if (building() && Object.hasOwn(AT_BUILD, name)) {
    return AT_BUILD[name];
  }
  const known = all(name);
  if (Object.hasOwn(known, name)) {
    return known[name];
  }
  const stand = standIn(name);
  if (stand !== undefined || !/^[A-Z][A-Z0-9_]*$/.test(name) || NO_SECRET.test(name)) {
    return stand;
  }
  return secretText(name);
}

/**
 * `process.env`: text by name, as in node. What is listed are the variables (`grants.env`); a secret (`grants.secrets`)
 * is there for whoever asks for it by name. Changes stay in this request.
 */
export const env = new Proxy(Object.create(null), {
  get: (target, name) => (typeof name === "symbol" ? undefined : valueOf(name)),
  set(target, name, value) {
    all(String(name))[name] = String(value);
    return true;
  },
  has: (target, name) => typeof name === "string" && valueOf(name) !== undefined,
  deleteProperty(target, name) {
    delete all(String(name))[name];
    return true;
  },
  defineProperty(target, name, { value }) {
    all(String(name))[name] = String(value);
    return true;
  },
  ownKeys: () => Object.keys(all()),
  getOwnPropertyDescriptor(target, name) {
    const known = typeof name === "string" ? all(name) : {};
    return Object.hasOwn(known, name)
      ? { value: known[name], writable: true, enumerable: true, configurable: true }
      : undefined;
  },
});

function hrtime(since) {
  const now = monotonicNow();
  const seconds = Math.floor(now / 1000);
  const nanoseconds = Math.floor((now % 1000) * 1e6);
  if (since === undefined) {
    return [seconds, nanoseconds];
  }
  const [before, beforeNano] = since;
  const less = nanoseconds < beforeNano;
  return [seconds - before - (less ? 1 : 0), nanoseconds - beforeNano + (less ? 1e9 : 0)];
}
hrtime.bigint = () => BigInt(Math.round(monotonicNow() * 1e6));

/** Lines to the log, for libraries that write to these instead of the console. */
function stream(write) {
  return {
    isTTY: false,
    writable: true,
    write(chunk, encoding, callback) {
      write((typeof chunk === "string" ? chunk : fromUtf8(chunk)).replace(/\n$/, ""));
      [encoding, callback].find((value) => typeof value === "function")?.();
      return true;
    },
    end() {},
    on() {
      return this;
    },
    once() {
      return this;
    },
  };
}

/** Nothing of a process ever happens here. */
const silent = () => process;

export const process = {
  env,
  hrtime,
  title: "vestibule",
  platform: "wasi",
  arch: "wasm32",
  pid: 1,
  ppid: 0,
  argv: ["vestibule", "function"],
  argv0: "vestibule",
  execArgv: [],
  execPath: "",
  exitCode: undefined,
  version: `v${NODE}`,
  versions: { node: NODE, quickjs: "ng" },
  release: { name: "vestibule" },
  config: { target_defaults: {}, variables: {} },
  features: {},
  stdout: stream((text) => console.log(text)),
  stderr: stream((text) => console.error(text)),
  cwd: () => "/",
  umask: () => 0o22,
  uptime: () => performance.now() / 1000,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  emitWarning: (warning) => console.warn(typeof warning === "string" ? `Warning: ${warning}` : warning),
  on: silent,
  once: silent,
  off: silent,
  addListener: silent,
  removeListener: silent,
  removeAllListeners: silent,
  emit: () => false,
  listeners: () => [],
  listenerCount: () => 0,
  exit() {
    throw new NotSuppliedError("process.exit", "a function ends by its answer: return one, or throw");
  },
  abort() {
    throw new NotSuppliedError("process.abort", "a function ends by its answer: return one, or throw");
  },
  kill() {
    throw new NotSuppliedError("process.kill", "there are no processes in a function");
  },
  chdir() {
    throw new NotSuppliedError("process.chdir", "there are no folders in a function");
  },
  binding() {
    throw new NotSuppliedError("process.binding", "there is nothing of node's inside here");
  },
};

export const {
  nextTick,
  cwd,
  platform,
  arch,
  argv,
  version,
  versions,
  stdout,
  stderr,
  pid,
  exit,
  uptime,
  emitWarning,
  memoryUsage,
} = process;
export { hrtime };
export default process;

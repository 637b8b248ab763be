/**
 * `@redwoodjs/api/logger`: a logger as pino has them, as far as Redwood's files use it: levels, `child`, an object
 * before the text. Owns how a line looks and what is never written; lines go to the host's log, which has time,
 * function and request already.
 */
import { log } from "#host";

import { format, inspect } from "../prelude/inspect.js";
import { errorText, isError } from "../prelude/values.js";

/** From what matters least, with pino's numbers. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: Infinity };

/** Names of fields whose values are not written, at any depth and in any case. */
export const redactionsList = [
  "access_token",
  "accesstoken",
  "api_key",
  "apikey",
  "authorization",
  "cookie",
  "email",
  "encryption_key",
  "encryptionkey",
  "hashedpassword",
  "jwt",
  "password",
  "salt",
  "secret",
  "set-cookie",
  "token",
];

const REDACTED = "[Redacted]";
const TOO_DEEP = "[…]";

/** How deep fields are looked into. */
const DEPTH = 6;

function cleaned(value, hidden, depth, seen) {
  if (typeof value !== "object" || value === null || seen.includes(value)) {
    return typeof value === "bigint" ? `${value}` : value;
  }
  if (isError(value)) {
    return { type: value.name, message: value.message, stack: errorText(value) };
  }
  if (ArrayBuffer.isView(value)) {
    return value;
  }
  // What is not looked into is not written either: it may hold what is to be hidden.
  if (depth === 0) {
    return TOO_DEEP;
  }
  const within = [...seen, value];
  if (typeof value.toJSON === "function") {
    return cleaned(value.toJSON(), hidden, depth - 1, within);
  }
  if (Array.isArray(value)) {
    return value.slice(0, 100).map((item) => cleaned(item, hidden, depth - 1, within));
  }
  const clean = {};
  for (const [name, item] of Object.entries(value).slice(0, 200)) {
    clean[name] = hidden.has(name.toLowerCase()) ? REDACTED : cleaned(item, hidden, depth - 1, within);
  }
  return clean;
}

function written(fields) {
  try {
    return JSON.stringify(fields);
  } catch {
    return inspect(fields, { depth: DEPTH, breakLength: Infinity });
  }
}

class Logger {
  #bindings;
  #hidden;
  #level;

  constructor({ bindings, hidden, level }) {
    this.#bindings = bindings;
    this.#hidden = hidden;
    this.#level = level;
    for (const level of Object.keys(LEVELS)) {
      this[level] = level === "silent" ? () => {} : (...args) => this.#write(level, args);
    }
  }

  /**
   * The least level that is written: what was set, else `LOG_LEVEL`, else all. The host's log has a level of its own.
   */
  get level() {
    const named = this.#level ?? process.env.LOG_LEVEL;
    return Object.hasOwn(LEVELS, named ?? "") ? named : "trace";
  }
  set level(level) {
    this.#level = level;
  }
  isLevelEnabled(level) {
    return LEVELS[level] >= LEVELS[this.level];
  }
  bindings() {
    return { ...this.#bindings };
  }
  /** One that writes these fields with each line. */
  child(bindings, options) {
    return new Logger({
      bindings: { ...this.#bindings, ...bindings },
      hidden: this.#hidden,
      level: options?.level ?? this.#level,
    });
  }
  flush() {}

  #write(level, args) {
    if (!this.isLevelEnabled(level)) {
      return;
    }
    const [first, ...rest] = args;
    const isFields = typeof first === "object" && first !== null;
    const given = isError(first) ? { err: first } : isFields ? first : {};
    const text = isFields ? rest : args;
    const fields = cleaned({ ...this.#bindings, ...given }, this.#hidden, DEPTH, []);
    const said = text.length > 0 ? format(...text) : isError(first) ? first.message : "";
    const more = Object.keys(fields).length > 0 ? written(fields) : "";
    log(level === "fatal" ? "critical" : level, [said, more].filter(Boolean).join(" "), "logger");
  }
}

/**
 * A logger.
 * @param {{ options?: { level?: string, redact?: string[] | { paths: string[] } } }} [given] Redwood's; of pino's
 *   options, `level` and `redact`
 *   count. A path of `redact` hides its last name, wherever it stands
 */
export function createLogger({ options = {} } = {}) {
  const paths = Array.isArray(options.redact) ? options.redact : (options.redact?.paths ?? []);
  const names = paths.map(
    (path) =>
      String(path)
        .split(/[.[\]"']+/)
        .filter(Boolean)
        .at(-1) ?? "",
  );
  const hidden = new Set([...redactionsList, ...names].map((name) => name.toLowerCase()));
  return new Logger({ bindings: {}, hidden, level: options.level });
}

export const logLevel = "trace";
export const isDevelopment = false;
export const isProduction = true;
export const isTest = false;
export const isPretty = false;
export const defaultLoggerOptions = { level: logLevel, redact: redactionsList };

/** What `src/lib/logger` is, where the author has none: `import { logger } from 'src/lib/logger'`. */
export const logger = createLogger();
export default logger;

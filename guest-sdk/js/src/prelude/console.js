/**
 * `console`: what it is given, as node would print it, line by line to the host's log. Owns levels, groups, counts and
 * timers; how values look is `inspect.js`'s business, where the lines go is the host's.
 */
import { log as write, monotonicNow } from "#host";

import { format, inspect } from "./inspect.js";
import { errorText } from "./values.js";

/** How deep groups indent, and how many names `count` and `time` remember: a loop must not fill the memory. */
const MOST_GROUPS = 32;
const MOST_LABELS = 1000;

const groups = [];
const counts = new Map();
const started = new Map();

function say(level, args) {
  if (groups.length === 0) {
    write(level, format(...args));
    return;
  }
  const indentation = "  ".repeat(groups.length);
  write(level, indentation + format(...args).replaceAll("\n", `\n${indentation}`));
}

function remember(map, label, value) {
  if (map.has(label) || map.size < MOST_LABELS) {
    map.set(label, value);
  }
}

function took(label) {
  const ms = monotonicNow() - started.get(label);
  return `${label}: ${ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${ms.toFixed(3)}ms`}`;
}

/** Rows and columns with lines around them. */
function drawn(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)) + 2);
  const line = (left, between, right) => left + widths.map((width) => "─".repeat(width)).join(between) + right;
  const text = (row) => `│${row.map((cell, at) => ` ${cell}`.padEnd(widths[at])).join("│")}│`;
  const [head, ...body] = rows;
  return [line("┌", "┬", "┐"), text(head), line("├", "┼", "┤"), ...body.map(text), line("└", "┴", "┘")].join("\n");
}

function tabled(data, columns) {
  const entries = data instanceof Map ? [...data] : data instanceof Set ? [...data].entries() : Object.entries(data);
  const rows = [...entries].slice(0, 100);
  const short = (value) => inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Infinity });
  const isRow = (value) => typeof value === "object" && value !== null;
  const found = new Set(columns ?? rows.flatMap(([, value]) => (isRow(value) ? Object.keys(value) : [])));
  const keys = [...found].slice(0, 50);
  const plain = columns === undefined && rows.some(([, value]) => !isRow(value));
  const head = ["(index)", ...keys, ...(plain ? ["Values"] : [])];
  const body = rows.map(([key, value]) => [
    String(key),
    ...keys.map((name) => (isRow(value) && Object.hasOwn(value, name) ? short(value[name]) : "")),
    ...(plain ? [isRow(value) ? "" : short(value)] : []),
  ]);
  return drawn([head, ...body]);
}

/** The web's and node's `console`. Nothing is written while the component is built. */
export const console = {
  log: (...args) => say("info", args),
  info: (...args) => say("info", args),
  debug: (...args) => say("debug", args),
  warn: (...args) => say("warn", args),
  error: (...args) => say("error", args),

  /** With the stack of who calls, as in node, though at the log's level `trace`. */
  trace(...args) {
    const [, ...frames] = errorText(new Error()).split("\n");
    say("trace", [[["Trace", format(...args)].filter(Boolean).join(": "), ...frames].join("\n")]);
  },
  assert(condition, ...args) {
    if (condition) {
      return;
    }
    const [first, ...rest] = args;
    const said = typeof first === "string" ? [`Assertion failed: ${first}`, ...rest] : ["Assertion failed", ...args];
    say("error", said);
  },
  dir: (value, options) => say("info", [inspect(value, options)]),
  dirxml: (...args) => say("info", args),
  table(data, columns) {
    say("info", [typeof data === "object" && data !== null ? tabled(data, columns) : data]);
  },
  group(...args) {
    if (args.length > 0) {
      say("info", args);
    }
    if (groups.length < MOST_GROUPS) {
      groups.push(true);
    }
  },
  groupCollapsed: (...args) => console.group(...args),
  groupEnd: () => void groups.pop(),
  count(label = "default") {
    const name = String(label);
    remember(counts, name, (counts.get(name) ?? 0) + 1);
    say("info", [`${name}: ${counts.get(name) ?? "?"}`]);
  },
  countReset: (label = "default") => void counts.delete(String(label)),
  time: (label = "default") => remember(started, String(label), monotonicNow()),
  timeLog(label = "default", ...args) {
    const name = String(label);
    say(started.has(name) ? "info" : "warn", started.has(name) ? [took(name), ...args] : [`No such timer: ${name}`]);
  },
  timeEnd(label = "default") {
    console.timeLog(label);
    started.delete(String(label));
  },
  clear() {},
};

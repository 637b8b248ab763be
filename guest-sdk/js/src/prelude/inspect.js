/**
 * Values as text for people, in the form in which node prints them. Owns the form and its bounds: depth, items, length
 * of strings and of the whole, so that a log line about anything ends. Runs no getter and throws nothing, whatever the
 * value is; knows nothing of where the text goes.
 */
import { className, entriesOf, errorText, functionText, keysOf, kindOf, quote } from "./values.js";

/** Where a type says how it is printed, as in node. */
export const custom = Symbol.for("nodejs.util.inspect.custom");

/** What is printed if nothing is said, as in node. */
const DEFAULTS = {
  depth: 2,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  showHidden: false,
  colors: false,
};

/** No text is longer, in characters; what comes after says how it ends. */
export const LONGEST = 65_536;

/** How many properties of one object are printed. */
const MOST_KEYS = 500;

/** The state of one call. */
class Printer {
  constructor(options) {
    Object.assign(this, DEFAULTS, options);
    if (this.depth === null) this.depth = Infinity;
    if (this.maxArrayLength === null) this.maxArrayLength = Infinity;
    if (this.maxStringLength === null) this.maxStringLength = Infinity;
    this.stack = [];
    this.circular = new Map();
    this.spent = 0;
    this.indentation = 0;
    /** The depth of the object that was printed last: how deep what stands in an object goes. */
    this.deepest = 0;
  }

  /** Any value, at this depth. */
  value(value, depth, typed = false) {
    switch (typeof value) {
      case "string":
        return this.string(value, depth);
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      case "symbol":
        return value.toString();
      case "object":
      case "function":
        return value === null ? "null" : this.object(value, depth, typed);
      default:
        return String(value);
    }
  }

  string(text, depth) {
    const over = text.length - this.maxStringLength;
    const shown = over > 0 ? text.slice(0, this.maxStringLength) : text;
    this.spent += shown.length;
    const rest = over > 0 ? `... ${over} more character${over > 1 ? "s" : ""}` : "";
    return depth === -1 ? shown + rest : quote(shown) + rest;
  }

  object(value, depth) {
    if (this.spent > LONGEST) return "...";
    if (this.stack.includes(value)) {
      if (!this.circular.has(value)) this.circular.set(value, this.circular.size + 1);
      return `[Circular *${this.circular.get(value)}]`;
    }
    const own = this.customized(value, depth);
    if (own !== undefined) return own;
    const text = this.parts(value, depth);
    const index = this.circular.get(value);
    return index === undefined ? text : `<ref *${index}> ${text}`;
  }

  /** What the value's own method says, if it has one. */
  customized(value, depth) {
    try {
      const method = value[custom];
      if (typeof method !== "function" || method === inspect) return undefined;
      const left = this.depth - depth;
      const options = { ...this.options(), depth: left };
      const said = method.call(value, left, options, inspect);
      if (said === value) return undefined;
      if (typeof said === "object") return this.value(said, depth);
      return String(said).replaceAll("\n", `\n${" ".repeat(this.indentation)}`);
    } catch {
      // A method that fails, or a proxy that was revoked, is printed as what it is.
      return undefined;
    }
  }

  options() {
    const { depth, maxArrayLength, maxStringLength, breakLength, compact, sorted, showHidden, colors } = this;
    return { depth, maxArrayLength, maxStringLength, breakLength, compact, sorted, showHidden, colors };
  }

  parts(value, depth) {
    const kind = kindOf(value);
    const name = className(value);
    const keys = keysOf(value, kind, this.showHidden);
    if (this.sorted) keys.sort(typeof this.sorted === "function" ? this.sorted : undefined);
    let base = "";
    if (kind === "function") base = functionText(value, name);
    else if (kind === "error") base = this.indented(errorText(value, keys));
    else if (kind === "date") base = Number.isNaN(+value) ? "Invalid Date" : Date.prototype.toISOString.call(value);
    else if (kind === "regexp") base = RegExp.prototype.toString.call(value);
    else if (kind === "boxed") base = this.boxed(value);
    else if (kind === "weak") base = `${name} { <items unknown> }`;
    if (base !== "" && keys.length === 0)
      return kind === "error" && depth > 0 && !base.includes("\n") ? `[${base}]` : base;
    const { prefix, open, close } = this.frame(value, kind, name);
    const empty = kind === "plain" || value.length === 0 || value.size === 0;
    if (base === "" && keys.length === 0 && empty && kind !== "buffer") return prefix + open + close;
    if (depth > this.depth) return kind === "array" ? "[Array]" : `[${name || "Object: null prototype"}]`;
    this.stack.push(value);
    this.deepest = depth;
    this.indentation += 2;
    const items = entriesOf(value, kind, this.maxArrayLength, (item, mapped) => this.item(item, mapped, depth));
    for (const key of keys.slice(0, MOST_KEYS)) {
      if (this.spent > LONGEST) break;
      items.push(this.property(value, key, depth));
    }
    if (keys.length > MOST_KEYS) items.push(`... ${keys.length - MOST_KEYS} more properties`);
    this.indentation -= 2;
    this.stack.pop();
    return this.layout(items, base, prefix + open, close, depth, kind);
  }

  item(item, mapped, depth) {
    if (this.spent > LONGEST) return "...";
    return mapped
      ? `${this.value(item[0], depth + 1)} => ${this.value(item[1], depth + 1)}`
      : this.value(item, depth + 1);
  }

  indented(text) {
    return this.indentation === 0 ? text : text.replaceAll("\n", `\n${" ".repeat(this.indentation)}`);
  }

  boxed(value) {
    const inner = value.valueOf();
    const type = typeof inner;
    const name = type === "bigint" ? "BigInt" : type[0].toUpperCase() + type.slice(1);
    return `[${name}: ${this.value(inner, 0)}]`;
  }

  /** What stands around the items. */
  frame(value, kind, name) {
    const size = { array: value.length, typed: value.length, map: value.size, set: value.size }[kind];
    const named = name || "[Object: null prototype]";
    if (kind === "array") return { prefix: name === "Array" ? "" : `${named}(${size}) `, open: "[", close: "]" };
    if (size !== undefined) {
      return { prefix: `${named}(${size}) `, open: kind === "typed" ? "[" : "{", close: kind === "typed" ? "]" : "}" };
    }
    if (kind !== "plain" && kind !== "buffer" && kind !== "promise") return { prefix: "", open: "{", close: "}" };
    return { prefix: name === "Object" ? "" : `${named} `, open: "{", close: "}" };
  }

  property(value, key, depth) {
    const shown =
      typeof key === "symbol" ? `[${key.toString()}]` : /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : quote(key);
    this.spent += shown.length;
    let property;
    try {
      property = Object.getOwnPropertyDescriptor(value, key);
    } catch {
      return `${shown}: <not readable>`;
    }
    if (property === undefined) return `${shown}: undefined`;
    const hidden = property.enumerable ? shown : `[${String(key)}]`;
    if (property.get) return `${hidden}: ${property.set ? "[Getter/Setter]" : "[Getter]"}`;
    if (property.set) return `${hidden}: [Setter]`;
    return `${hidden}: ${this.value(property.value, depth + 1)}`;
  }

  /** One line if it fits and does not go deep; else a line for each, or for as many short ones as fit. */
  layout(items, base, open, close, depth, kind) {
    const start = base === "" ? "" : `${base} `;
    if (items.length === 0) return `${start}${open}${close}`;
    const pad = " ".repeat(this.indentation);
    const grouped = (kind === "array" || kind === "typed") && items.length > 6 ? this.fill(items) : items;
    const total = items.reduce((sum, item) => sum + item.length + 1, items.length + open.length + base.length + 10);
    const single =
      grouped.length === items.length &&
      this.deepest - depth < this.compact &&
      total + this.indentation <= this.breakLength &&
      !base.includes("\n") &&
      !items.some((item) => item.includes("\n"));
    if (single || this.breakLength === Infinity) return `${start}${open} ${items.join(", ")} ${close}`;
    return `${start}${open}\n${pad}  ${grouped.join(`,\n${pad}  `)}\n${pad}${close}`;
  }

  /** Short items side by side, in columns. */
  fill(items) {
    const width = Math.max(...items.map((item) => item.length)) + 2;
    const columns = Math.min(16, Math.floor((this.breakLength - this.indentation) / width));
    if (columns < 3 || items.some((item) => item.includes("\n"))) return items;
    const lines = [];
    for (let at = 0; at < items.length; at += columns) {
      const line = items.slice(at, at + columns);
      lines.push(line.map((item, index) => (index < line.length - 1 ? `${item},`.padEnd(width) : item)).join(""));
    }
    return lines;
  }
}

/**
 * A value as text.
 * @param {unknown} value
 * @param {object} [options] node's: depth, maxArrayLength, maxStringLength, breakLength, compact, sorted, showHidden
 * @returns {string} of some more than `LONGEST` characters at the most
 */
export function inspect(value, options) {
  const chosen = typeof options === "boolean" ? { showHidden: options } : options;
  try {
    const text = new Printer(chosen).value(value, 0);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}... ${text.length - LONGEST} more characters` : text;
  } catch (error) {
    // Proxies can refuse any look at them.
    return `<not printable: ${error instanceof Error ? error.name : typeof error}>`;
  }
}

inspect.custom = custom;
inspect.defaultOptions = { ...DEFAULTS };

/** The form of `console.log` and `util.format`: `%s %d %i %f %j %o %O %c %%` in the first text, the rest after it. */
export function format(...args) {
  return formatWithOptions({}, ...args);
}

/** As `format`, with options for what is inspected. */
export function formatWithOptions(options, ...args) {
  let at = 0;
  let text = "";
  if (typeof args[0] === "string" && args.length > 1) {
    at = 1;
    text = args[0].replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (at >= args.length) return mark;
      return directive(mark[1], args[at++], options);
    });
  }
  const rest = args.slice(at).map((value) => (typeof value === "string" ? value : inspect(value, options)));
  const whole = at > 0 ? [text, ...rest].join(" ") : rest.join(" ");
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}... ${whole.length - LONGEST} more characters` : whole;
}

function directive(mark, value, options) {
  switch (mark) {
    case "s":
      if (typeof value === "bigint" || (typeof value === "object" && value !== null)) {
        return typeof value === "object" && !usesOwnToString(value)
          ? inspect(value, { ...options, depth: 0, compact: 3 })
          : typeof value === "bigint"
            ? `${value}n`
            : String(value);
      }
      return Object.is(value, -0) ? "-0" : String(value);
    case "d":
    case "i":
    case "f":
      return number(mark, value);
    case "j":
      try {
        return String(JSON.stringify(value));
      } catch {
        return "[Circular]";
      }
    case "o":
      return inspect(value, { ...options, depth: 4, showHidden: true });
    case "O":
      return inspect(value, options);
    default:
      // `%c` is a style, for browsers.
      return "";
  }
}

function number(mark, value) {
  if (typeof value === "symbol") return "NaN";
  if (typeof value === "bigint" && mark !== "f") return `${value}n`;
  if (typeof value === "object" && mark !== "f") return "NaN";
  if (mark === "d") return Object.is(Number(value), -0) ? "-0" : String(Number(value));
  return String(mark === "i" ? parseInt(value, 10) : parseFloat(value));
}

/** Whether a class, not the language, says what the value is as text. */
function usesOwnToString(value) {
  try {
    return (
      typeof value.toString === "function" &&
      value.toString !== Object.prototype.toString &&
      value.toString !== Array.prototype.toString &&
      !(value instanceof Error) &&
      value.toString !== Date.prototype.toString
    );
  } catch {
    return false;
  }
}

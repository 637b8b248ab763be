/**
 * `Headers`: names and values of a message, as the web has them. Owns their rules; what the host adds or drops on the
 * way is the host's business.
 */

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function normalName(name) {
  const text = String(name);
  if (!NAME.test(text)) {
    throw new TypeError(`Headers: ${JSON.stringify(text)} is no name of a header`);
  }
  return text.toLowerCase();
}

function normalValue(value) {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  // The web stops at U+00FF. What the host hands over may be UTF-8, and what a function sets is written so.
  if (/[\0\r\n]/.test(text)) {
    throw new TypeError("Headers: a value has a line break or a zero in it");
  }
  return text;
}

/** Names and values, repeated ones together. */
export class Headers {
  /** Lower-case name to its values. */
  #values = new Map();

  constructor(init) {
    if (init === undefined || init === null) {
      return;
    }
    if (typeof init !== "object") {
      throw new TypeError("Headers: give an object, pairs, or other Headers");
    }
    if (init instanceof Headers) {
      for (const [name, values] of init.#values) {
        this.#values.set(name, [...values]);
      }
      return;
    }
    const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
    for (const pair of pairs) {
      const [name, value, ...more] = pair;
      if ((value === undefined && [...pair].length < 2) || more.length > 0) {
        throw new TypeError("Headers: each pair is a name and a value");
      }
      this.append(name, value);
    }
  }

  append(name, value) {
    const key = normalName(name);
    const values = this.#values.get(key);
    if (values) {
      values.push(normalValue(value));
    } else {
      this.#values.set(key, [normalValue(value)]);
    }
  }
  set(name, value) {
    this.#values.set(normalName(name), [normalValue(value)]);
  }
  delete(name) {
    this.#values.delete(normalName(name));
  }
  has(name) {
    return this.#values.has(normalName(name));
  }
  /** All values of this name, with a comma and a space between them; null if there is none. */
  get(name) {
    return this.#values.get(normalName(name))?.join(", ") ?? null;
  }
  /** The values of `set-cookie`, which cannot be joined. */
  getSetCookie() {
    return [...(this.#values.get("set-cookie") ?? [])];
  }
  forEach(callback, self) {
    for (const [name, value] of this) {
      callback.call(self, value, name, this);
    }
  }
  *entries() {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      if (name === "set-cookie") {
        yield* values.map((value) => [name, value]);
      } else {
        yield [name, values.join(", ")];
      }
    }
  }
  *keys() {
    for (const [name] of this) {
      yield name;
    }
  }
  *values() {
    for (const [, value] of this) {
      yield value;
    }
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "Headers";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    return `Headers ${inspect(Object.fromEntries(this), options)}`;
  }
}

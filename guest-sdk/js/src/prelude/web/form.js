/**
 * `FormData`, and its two forms in a body. Owns the list of fields, and reads and writes `multipart/form-data`;
 * bounded, so that a body of many small parts costs no more than it says.
 */
import { bytes as randomBytes } from "../random.js";
import { Blob, File, blobBytes, joined } from "./blob.js";
import { fromLatin1, fromUtf8, latin1, toHex, toUtf8 } from "./encoding.js";
import { URLSearchParams } from "./url.js";

/** The most fields that are read from one body. */
export const MOST_FIELDS = 1000;

/** The most bytes of one part's headers. */
const LONGEST_HEAD = 8192;

function asEntry(value, filename) {
  if (!(value instanceof Blob)) {
    return String(value);
  }
  if (value instanceof File && filename === undefined) {
    return value;
  }
  return new File([value], filename ?? "blob", { type: value.type });
}

/** Fields in their order; a name may repeat. */
export class FormData {
  #fields = [];

  constructor(form) {
    if (form !== undefined) {
      throw new TypeError("FormData: there is no form in a function to read from");
    }
  }
  append(name, value, filename) {
    this.#fields.push([String(name), asEntry(value, filename)]);
  }
  set(name, value, filename) {
    const key = String(name);
    const at = this.#fields.findIndex(([one]) => one === key);
    const entry = [key, asEntry(value, filename)];
    if (at < 0) {
      this.#fields.push(entry);
    } else {
      this.#fields = this.#fields.filter(([one], index) => one !== key || index === at);
      this.#fields[at] = entry;
    }
  }
  delete(name) {
    this.#fields = this.#fields.filter(([one]) => one !== String(name));
  }
  get(name) {
    return this.#fields.find(([one]) => one === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#fields.filter(([one]) => one === String(name)).map(([, value]) => value);
  }
  has(name) {
    return this.#fields.some(([one]) => one === String(name));
  }
  forEach(callback, self) {
    for (const [name, value] of this) {
      callback.call(self, value, name, this);
    }
  }
  *entries() {
    yield* this.#fields.map(([name, value]) => [name, value]);
  }
  *keys() {
    yield* this.#fields.map(([name]) => name);
  }
  *values() {
    yield* this.#fields.map(([, value]) => value);
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "FormData";
  }
}

/** What may not stand between the quotes of a name, as browsers write it. */
function escaped(name) {
  return name.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
}

/**
 * A form as a body.
 * @param {FormData} form
 * @returns {{ bytes: Uint8Array, type: string }}
 */
export function encodeForm(form) {
  const boundary = `----vestibule${toHex(randomBytes(16, "FormData as a body"))}`;
  const pieces = [];
  for (const [name, value] of form) {
    const file = value instanceof File;
    const about = file
      ? `; filename="${escaped(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}`
      : "";
    pieces.push(toUtf8(`--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"${about}\r\n\r\n`));
    pieces.push(file ? blobBytes(value) : toUtf8(value.replace(/\r\n|\r|\n/g, "\r\n")), toUtf8("\r\n"));
  }
  pieces.push(toUtf8(`--${boundary}--\r\n`));
  return { bytes: joined(pieces), type: `multipart/form-data; boundary=${boundary}` };
}

/**
 * A body as a form.
 * @param {Uint8Array} bytes
 * @param {string} type the body's `content-type`
 * @returns {FormData}
 * @throws {TypeError} if the type is not that of a form, or the body is none
 */
export function decodeForm(bytes, type) {
  const form = new FormData();
  if (/^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    for (const [name, value] of new URLSearchParams(fromUtf8(bytes))) {
      form.append(name, value);
    }
    return form;
  }
  const boundary = /^\s*multipart\/form-data\s*;/i.test(type) && /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type);
  if (!boundary) {
    throw new TypeError(`formData(): the body's type is ${JSON.stringify(type)}, which is not that of a form`);
  }
  readParts(latin1(bytes), `--${boundary[1] ?? boundary[2]}`, form);
  return form;
}

function readParts(text, mark, form) {
  const wrong = (what) => new TypeError(`formData(): the body is no multipart/form-data: ${what}`);
  let at = text.indexOf(mark);
  if (at !== 0 && text.slice(at - 2, at) !== "\r\n") {
    throw wrong("it does not begin with its boundary");
  }
  for (let count = 0; ; count++) {
    at += mark.length;
    if (text.startsWith("--", at)) {
      return;
    }
    if (count >= MOST_FIELDS) {
      throw wrong(`it has more than ${MOST_FIELDS} fields`);
    }
    const from = text.indexOf("\r\n", at) + 2;
    const head = text.indexOf("\r\n\r\n", from - 2);
    const end = text.indexOf(`\r\n${mark}`, head);
    if (from < 2 || head < 0 || end < 0 || head - from > LONGEST_HEAD) {
      throw wrong("a part has no end");
    }
    addPart(form, fromUtf8(fromLatin1(text.slice(from, Math.max(from, head)))), text.slice(head + 4, end), wrong);
    at = end + 2;
  }
}

function addPart(form, head, content, wrong) {
  const headers = new Map(
    head.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const disposition = headers.get("content-disposition") ?? "";
  const parameter = (name) => {
    const found = new RegExp(`;\\s*${name}="([^"]*)"`, "i").exec(disposition)?.[1];
    return found?.replace(/%0D%0A/gi, "\r\n").replace(/%22/g, '"');
  };
  const name = parameter("name");
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) {
    throw wrong("a part has no name");
  }
  const bytes = fromLatin1(content);
  const filename = parameter("filename");
  if (filename === undefined) {
    form.append(name, fromUtf8(bytes));
  } else {
    form.append(name, new File([bytes], filename, { type: headers.get("content-type") ?? "text/plain" }));
  }
}

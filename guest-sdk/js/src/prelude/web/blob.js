/**
 * `Blob` and `File`: bytes with a type. Owns the bytes, which lie in memory; nothing here is read from anywhere.
 */
import { bytesOf, fromUtf8, toUtf8 } from "./encoding.js";
import { streamOf } from "./streams.js";

const own = Symbol("bytes");

/** Bytes that do not change. */
export class Blob {
  #type;

  constructor(parts = [], options = {}) {
    if (parts === null || typeof parts !== "object" || typeof parts[Symbol.iterator] !== "function") {
      throw new TypeError("Blob: the parts must be a list");
    }
    const pieces = [...parts].map((part) => {
      if (part instanceof Blob) {
        return part[own];
      }
      const isBytes = part instanceof ArrayBuffer || ArrayBuffer.isView(part);
      return isBytes ? bytesOf(part) : toUtf8(String(part));
    });
    Object.defineProperty(this, own, { value: joined(pieces) });
    const type = String(options?.type ?? "");
    this.#type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
  }

  get size() {
    return this[own].length;
  }
  get type() {
    return this.#type;
  }
  slice(start = 0, end = this.size, type = "") {
    return new Blob([this[own].slice(start, end)], { type });
  }
  async arrayBuffer() {
    return this[own].slice().buffer;
  }
  async bytes() {
    return this[own].slice();
  }
  async text() {
    return fromUtf8(this[own]);
  }
  stream() {
    return streamOf(this[own].slice());
  }
  get [Symbol.toStringTag]() {
    return "Blob";
  }
}

/** A blob with a name. */
export class File extends Blob {
  #name;
  #modified;

  constructor(parts, name, options = {}) {
    super(parts, options);
    this.#name = String(name);
    this.#modified = options?.lastModified;
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return (this.#modified ??= Date.now());
  }
  get [Symbol.toStringTag]() {
    return "File";
  }
}

/** A blob's bytes, not a copy: whoever asks does not change them. */
export function blobBytes(blob) {
  return blob[own];
}

/** These, one after the other, in bytes of their own. */
export function joined(pieces) {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * What `Request` and `Response` have in common: a body that can be read once. Owns its forms and when it is used up;
 * knows nothing of methods and statuses.
 */
import { Blob, blobBytes, joined } from "./blob.js";
import { bytesOf, fromUtf8, toUtf8 } from "./encoding.js";
import { FormData, decodeForm, encodeForm } from "./form.js";
import { ReadableStream, piecesOf, streamOf } from "./streams.js";
import { URLSearchParams } from "./url.js";

/**
 * A body and its type, of whatever was given for one.
 * @returns {{ source: Uint8Array | ReadableStream | null, type: string | null }}
 */
function extract(given) {
  if (given === undefined || given === null) {
    return { source: null, type: null };
  }
  if (given instanceof ReadableStream) {
    if (given.locked) {
      throw new TypeError("Body: the stream is being read already");
    }
    return { source: given, type: null };
  }
  if (given instanceof Blob) {
    return { source: blobBytes(given), type: given.type || null };
  }
  if (given instanceof FormData) {
    const { bytes, type } = encodeForm(given);
    return { source: bytes, type };
  }
  if (given instanceof URLSearchParams) {
    return { source: toUtf8(given.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) {
    // A copy: what is done to the given bytes later does not change the body.
    return { source: bytesOf(given).slice(), type: null };
  }
  if (typeof given === "object" && typeof given[Symbol.asyncIterator] === "function") {
    return { source: ReadableStream.from(given), type: null };
  }
  return { source: toUtf8(String(given)), type: "text/plain;charset=UTF-8" };
}

/** The base of `Request` and `Response`. Its fields are for those two. */
export class Body {
  #source;
  #used = false;
  /** The stream that `body` gave out, if it did. */
  #stream = null;

  /** @param {unknown} given the body, in any form that the web takes */
  constructor(given, headers) {
    const { source, type } = extract(given);
    this.#source = source;
    if (type !== null && !headers.has("content-type")) {
      headers.set("content-type", type);
    }
  }

  get body() {
    if (this.#source === null) {
      return null;
    }
    if (this.#source instanceof ReadableStream) {
      return this.#source;
    }
    if (this.#stream === null) {
      // One that was read already gives a stream at its end.
      const bytes = this.#used ? new Uint8Array() : this.#source;
      this.#stream = streamOf(bytes, () => void (this.#used = true));
    }
    return this.#stream;
  }
  get bodyUsed() {
    return this.#used;
  }

  /** The body's bytes, and with that it is used up. */
  async #take() {
    const locked = (this.#stream ?? this.#source)?.locked === true;
    if (this.#used || locked) {
      throw new TypeError("Body is unusable: Body has already been read");
    }
    if (this.#source === null) {
      return new Uint8Array();
    }
    this.#used = true;
    return this.#source instanceof ReadableStream ? joined(await piecesOf(this.#source)) : this.#source;
  }

  /** What a clone gets as its body. */
  static branch(of) {
    if (of.#used || (of.#stream ?? of.#source)?.locked === true) {
      throw new TypeError("Body has already been consumed.");
    }
    if (!(of.#source instanceof ReadableStream)) {
      return of.#source;
    }
    const [mine, theirs] = of.#source.tee();
    of.#source = mine;
    return theirs;
  }

  /** What a request that is made of another takes over: the other's is used up then. */
  static move(of) {
    const body = of.#used ? undefined : Body.branch(of);
    if (body === undefined) {
      throw new TypeError("Cannot construct a Request with a Request object that has already been used.");
    }
    of.#used = of.#source !== null;
    return body;
  }

  async bytes() {
    return (await this.#take()).slice();
  }
  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }
  async text() {
    return fromUtf8(await this.#take());
  }
  async json() {
    return JSON.parse(fromUtf8(await this.#take()));
  }
  async blob() {
    return new Blob([await this.#take()], { type: this.headers.get("content-type") ?? "" });
  }
  async formData() {
    return decodeForm(await this.#take(), this.headers.get("content-type") ?? "");
  }
}

/**
 * `node:string_decoder`: bytes that come in pieces as text. Owns the pieces of Base64 and of hexadecimal digits; text
 * is the decoder's.
 */
import { TextDecoder, bytesOf } from "../web/encoding.js";
import { Buffer } from "./buffer.js";

const LABELS = {
  utf8: "utf-8",
  "utf-8": "utf-8",
  utf16le: "utf-16le",
  "utf-16le": "utf-16le",
  ucs2: "utf-16le",
  "ucs-2": "utf-16le",
};

/** Text of bytes that come in pieces: a character that is split comes out with its end. */
export class StringDecoder {
  #decoder;
  #rest = Buffer.alloc(0);

  constructor(encoding = "utf8") {
    const name = String(encoding).toLowerCase();
    if (!Buffer.isEncoding(name)) {
      throw Object.assign(new TypeError(`Unknown encoding: ${encoding}`), { code: "ERR_UNKNOWN_ENCODING" });
    }
    this.encoding =
      name === "utf-8" ? "utf8" : name === "ucs2" || name === "ucs-2" || name === "utf-16le" ? "utf16le" : name;
    this.#decoder = LABELS[name] && new TextDecoder(LABELS[name], { ignoreBOM: true });
  }

  write(chunk) {
    if (typeof chunk === "string") {
      return chunk;
    }
    if (this.#decoder) {
      return this.#decoder.decode(chunk, { stream: true });
    }
    const all = Buffer.concat([this.#rest, bytesOf(chunk)]);
    // Three bytes are four characters of Base64: what is less waits for more.
    const whole = this.encoding.startsWith("base64") ? all.length - (all.length % 3) : all.length;
    this.#rest = all.subarray(whole);
    return all.subarray(0, whole).toString(this.encoding);
  }

  end(chunk) {
    const text = chunk === undefined ? "" : this.write(chunk);
    if (this.#decoder) {
      return text + this.#decoder.decode();
    }
    const rest = this.#rest.toString(this.encoding);
    this.#rest = Buffer.alloc(0);
    return text + rest;
  }
}

export default { StringDecoder };

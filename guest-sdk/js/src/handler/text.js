/**
 * Bytes as text and base64, and back, as events and answers carry them. Strict: what is not the one or the other is an error or
 * `null`, never a guess.
 */

const encoder = new TextEncoder();
// A byte order mark is a part of a body like any other.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of these bytes, or null if they are not UTF-8. */
export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** @param {string} text lone surrogates become U+FFFD */
export function bytesOf(text) {
  return encoder.encode(text);
}

/** How many bytes become characters at once: a call takes so many arguments, and no more. */
const PART = 8192;

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  if (typeof bytes.toBase64 === "function") {
    return bytes.toBase64();
  }
  let binary = "";
  for (let at = 0; at < bytes.length; at += PART) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PART));
  }
  return btoa(binary);
}

/**
 * The bytes of a base64 text, in the usual alphabet or the one for URLs, with or without padding, with white space.
 *
 * @throws {TypeError} for anything else
 */
export function fromBase64(text) {
  const plain = text.replace(/[\s]/g, "").replaceAll("-", "+").replaceAll("_", "/");
  let binary;
  try {
    binary = atob(plain);
  } catch {
    throw new TypeError("isBase64Encoded is true, and the body is not base64");
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/**
 * What stands for the secret of a webhook in a function that does not have it. The host verifies with the secret and
 * tells its name, never its value; code that was written for Redwood asks `process.env` for the value and hands it to
 * `verifyEvent`. So that it names the right secret without having it, `process.env` gives a text in its place: random,
 * of this request alone, and worth nothing but to `verifyEvent`, which knows it again. Whoever makes a key of it, because
 * a library verifies once more, gets the secret itself where the policy grants it, and else is told what to write.
 *
 * Owns that text and for which names it stands.
 */
import { currentContext, randomBytes, secret as granted } from "#host";

import { fromUtf8, toUtf8 } from "../prelude/web/encoding.js";

/** While a key rolls, the policy names the next or the last one beside it, by these endings. */
const ROLLING = ["_NEXT", "_PREVIOUS"];

/** Clerk's, Svix's and Stripe's secrets begin so, and code cuts it off: `process.env.CLERK_WH_SECRET.slice(6)`. */
const PREFIX = "whsec_";

/** The text, and the request for which it was made. */
let made = { context: null, text: "", random: "" };

function rest() {
  const context = currentContext();
  if (made.context !== context || made.text === "") {
    const random = String.fromCharCode(...randomBytes(32));
    made = { context, text: btoa(random), random };
  }
  return made.text;
}

/**
 * What `process.env` has for a name that is not granted.
 * @param {string} name
 * @returns {string | undefined} something only for the name of the secret with which this request was verified
 */
export function standIn(name) {
  const verifiedWith = currentContext()?.delivery?.secret;
  if (!verifiedWith || name === "") {
    return undefined;
  }
  const names = [name, ...ROLLING.map((ending) => name + ending)];
  return names.includes(verifiedWith) ? PREFIX + rest() : undefined;
}

/**
 * Whether this is the text that stands for the secret of this request's delivery.
 * @param {unknown} secret as the code has it, with or without `whsec_`
 * @returns {boolean}
 */
export function standsIn(secret) {
  if (typeof secret !== "string" || made.text === "" || made.context !== currentContext()) {
    return false;
  }
  return secret === made.text || secret === PREFIX + made.text;
}

/** The secret itself, as text; nothing if the policy does not grant it. */
function itself(name) {
  try {
    return fromUtf8(granted(name));
  } catch {
    return undefined;
  }
}

const withoutPrefix = (text) => (text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text);

/**
 * The key that is meant by the text, in the form in which the code has it: whole, without `whsec_`, or decoded from that.
 * @param {string | Uint8Array | unknown} key as the code has it
 * @returns {unknown} the key; the same, if it is not made of the text
 * @throws {Error} saying what to do, if the policy does not grant the secret: nothing signed with the text could ever be
 *   right, and the reason would be hard to find
 */
export function keyMeant(key) {
  if (made.text === "" || made.context !== currentContext()) {
    return key;
  }
  const isText = typeof key === "string";
  if (!isText && !ArrayBuffer.isView(key)) {
    return key;
  }
  const text = isText ? key : String.fromCharCode(...key.subarray(0, 64));
  const isDecoded = text === made.random;
  if (!isDecoded && !standsIn(text)) {
    return key;
  }
  const name = currentContext().delivery.secret;
  const real = itself(name);
  if (real === undefined) {
    throw new Error(
      `the secret ${name} stays with the host, which has verified this request with it. A function that verifies by itself as well ` +
        `needs secrets = ["${name}"] under [grants] in its policy`,
    );
  }
  if (isDecoded) {
    return Uint8Array.from(atob(withoutPrefix(real)), (char) => char.charCodeAt(0));
  }
  const meant = text === made.text ? withoutPrefix(real) : real;
  return isText ? meant : toUtf8(meant);
}

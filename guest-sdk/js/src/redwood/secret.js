/**
 * What stands for the secret of a webhook in a function that does not have it. The host verifies with the secret and
 * tells its name, never its value; code that was written for Redwood asks `process.env` for the value and hands it to
 * `verifyEvent`. So that it names the right secret without having it, `process.env` gives a text in its place: random,
 * of this request alone, and worth nothing but to `verifyEvent`, which knows it again. Whoever makes a key of it has a
 * key that nobody knows.
 *
 * Owns that text and for which names it stands.
 */
import { currentContext, randomBytes } from "#host";

/** While a key rolls, the policy names the next or the last one beside it, by these endings. */
const ROLLING = ["_NEXT", "_PREVIOUS"];

/** Clerk's, Svix's and Stripe's secrets begin so, and code cuts it off: `process.env.CLERK_WH_SECRET.slice(6)`. */
const PREFIX = "whsec_";

/** The text, and the request for which it was made. */
let made = { context: null, text: "" };

function rest() {
  const context = currentContext();
  if (made.context !== context || made.text === "") {
    const random = String.fromCharCode(...randomBytes(32));
    made = { context, text: btoa(random) };
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

/**
 * Refuses to make a key of the text: nothing signed with it could ever be right, and the reason would be hard to find.
 * @param {unknown} secret a text or its bytes
 * @throws {Error} saying what to do
 */
export function refuseAsKey(secret) {
  if (made.text === "") {
    return;
  }
  const text =
    typeof secret === "string" || !ArrayBuffer.isView(secret) ? secret : String.fromCharCode(...secret.subarray(0, 64));
  if (standsIn(text)) {
    const name = currentContext()?.delivery?.secret;
    throw new Error(
      `the secret ${name} stays with the host, which has verified this request with it. A function that verifies by itself as well ` +
        `needs secrets = ["${name}"] under [grants] in its policy, and reads it with secret("${name}") from @vestibule/function`,
    );
  }
}

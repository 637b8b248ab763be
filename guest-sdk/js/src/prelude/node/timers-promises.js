/** `node:timers/promises`: waiting as a promise. Each ends with its signal, and with the request. */
import { wait } from "../web/abort.js";

/** A promise of `value`, after so many milliseconds. */
export function setTimeout(milliseconds, value, options) {
  return wait(milliseconds, value, options);
}

/** A promise of `value`, as soon as what runs now has ended. */
export function setImmediate(value, options) {
  return wait(0, value, options);
}

/** Values, one after each time, until the loop is left. */
export async function* setInterval(milliseconds, value, options) {
  for (;;) {
    yield await wait(milliseconds, value, options);
  }
}

export const scheduler = {
  wait: (milliseconds, options) => wait(milliseconds, undefined, options),
  yield: () => wait(0),
};

export default { scheduler, setImmediate, setInterval, setTimeout };

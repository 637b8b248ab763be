/**
 * `AbortController` and `AbortSignal`. Owns who is told that something is no longer wanted; what is then given up is
 * the business of those who listen.
 */
import { clearTimeout, setTimeout } from "../timers.js";
import { Event, EventTarget, handlerProperty } from "./event.js";

const make = Symbol("make");
const abort = Symbol("abort");

/** Says that something is no longer wanted, and why. */
export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;

  constructor(key) {
    if (key !== make) {
      throw new TypeError("Illegal constructor");
    }
    super();
  }

  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }

  /** Throws the reason, if there is one. */
  throwIfAborted() {
    if (this.#aborted) {
      throw this.#reason;
    }
  }

  [abort](reason) {
    if (this.#aborted) {
      return;
    }
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
    this.dispatchEvent(new Event("abort"));
  }

  /** One that is aborted already. */
  static abort(reason) {
    const signal = new AbortSignal(make);
    signal[abort](reason);
    return signal;
  }

  /** One that is aborted after so many milliseconds, if the request lasts that long. */
  static timeout(milliseconds) {
    if (!(Number(milliseconds) >= 0)) {
      throw new RangeError("AbortSignal.timeout: the time must be a number of milliseconds, 0 or more");
    }
    const signal = new AbortSignal(make);
    const reason = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");
    setTimeout(() => signal[abort](reason()), milliseconds);
    return signal;
  }

  /** One that is aborted with the first of these. */
  static any(signals) {
    const signal = new AbortSignal(make);
    const all = [...signals];
    const first = all.find((one) => one.aborted);
    if (first) {
      signal[abort](first.reason);
      return signal;
    }
    for (const one of all) {
      one.addEventListener("abort", () => signal[abort](one.reason), { once: true, signal });
    }
    return signal;
  }

  get [Symbol.toStringTag]() {
    return "AbortSignal";
  }
}

handlerProperty(AbortSignal, "abort");

/** Who can abort its signal. */
export class AbortController {
  #signal = new AbortSignal(make);

  get signal() {
    return this.#signal;
  }
  abort(reason) {
    this.#signal[abort](reason);
  }
  get [Symbol.toStringTag]() {
    return "AbortController";
  }
}

/**
 * A promise that is rejected when the signal is, for what listens to none itself.
 * @template T
 * @param {AbortSignal | undefined} signal
 * @param {(resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void} begin returns what gives it
 *   up
 * @returns {Promise<T>}
 */
export function abortable(signal, begin) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const end = begin(resolve, reject);
    signal?.addEventListener("abort", () => (end(), reject(signal.reason)), { once: true });
  });
}

/** Waits, for `timers/promises`. */
export function wait(milliseconds, value, options) {
  return abortable(options?.signal, (resolve) => {
    const timer = setTimeout(resolve, milliseconds, value);
    return () => clearTimeout(timer);
  });
}

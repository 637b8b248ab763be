/**
 * What time it is. Owns a `Date` that does not answer while the component is built (the snapshot would hold the hour of
 * the build) and `performance`, counted from the start of the request; all else of `Date` is the engine's.
 */
import { atBuild, monotonicNow } from "#host";

/**
 * `Date`, as it is, but for the current time while the component is built.
 * @param {DateConstructor} Native
 * @returns {DateConstructor}
 */
export function guardedDate(Native) {
  function Date(...parts) {
    if (parts.length === 0 || new.target === undefined) atBuild(new.target ? "new Date()" : "Date()");
    if (new.target === undefined) return Native();
    return Reflect.construct(Native, parts, new.target === Date ? Native : new.target);
  }
  Object.defineProperties(Date, {
    length: { value: 7 },
    prototype: { value: Native.prototype, writable: false },
    now: { value: now, writable: true, configurable: true },
    parse: { value: Native.parse, writable: true, configurable: true },
    UTC: { value: Native.UTC, writable: true, configurable: true },
  });
  Object.defineProperty(Native.prototype, "constructor", { value: Date, writable: true, configurable: true });
  function now() {
    atBuild("Date.now()");
    return Native.now();
  }
  return Date;
}

/** Milliseconds since the request's first look at the clock; 0 while building. */
let origin;
function elapsed() {
  atBuild("performance.now()");
  const now = monotonicNow();
  origin ??= now;
  return now - origin;
}

/** The parts of the web's `performance` that need no observer. */
export const performance = {
  /** @returns {number} milliseconds since the first reading in this request, with fractions */
  now: elapsed,
  /** @returns {number} Unix milliseconds at which `now()` was 0 */
  get timeOrigin() {
    const since = elapsed();
    return Date.now() - since;
  },
  mark() {},
  measure() {},
};

/**
 * Timers, and the queue in which they wait. Nothing runs by itself in a component: the handler loop asks `nextDue` how
 * long to sleep and calls `runDue`, until the answer is there. Owns the queue and the functions that put something into
 * it; when a request ends, what still waits ends with it.
 */
import { atBuild, monotonicNow } from "#host";

/** The longest delay that node and browsers can wait for; a longer one, or none that is a number, is 1 ms. */
const LONGEST = 2 ** 31 - 1;

/** How many may wait at once: more is a loop that makes timers, and memory is bounded. */
export const MOST_TIMERS = 10_000;

/** Those that wait, by id. */
const waiting = new Map();
let lastId = 0;

/** What `setTimeout` returns: an object, as in node, that is its number where a number is wanted, as in browsers. */
class Timer {
  constructor(id) {
    this.id = id;
  }
  /** Nothing keeps a request alive but its answer, so there is nothing to give up. */
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  /** Begins its time anew. */
  refresh() {
    const entry = waiting.get(this.id);
    if (entry) entry.due = monotonicNow() + entry.delay;
    return this;
  }
  close() {
    waiting.delete(this.id);
    return this;
  }
  [Symbol.toPrimitive]() {
    return this.id;
  }
  [Symbol.dispose ?? Symbol.for("nodejs.dispose")]() {
    waiting.delete(this.id);
  }
}

function start(name, callback, delay, repeats, args) {
  if (typeof callback !== "function") {
    const error = new TypeError(`${name}: the callback must be a function, and is ${typeof callback}`);
    error.code = "ERR_INVALID_ARG_TYPE";
    throw error;
  }
  atBuild(name);
  if (waiting.size >= MOST_TIMERS) throw new RangeError(`${name}: ${MOST_TIMERS} timers wait already`);
  const wanted = Number(delay);
  const ms = wanted >= 1 && wanted <= LONGEST ? Math.trunc(wanted) : 1;
  const timer = new Timer(++lastId);
  waiting.set(timer.id, { timer, callback, args, delay: ms, repeats, due: monotonicNow() + ms });
  return timer;
}

/**
 * Calls `callback` once, `delay` milliseconds from now at the earliest, if the request lasts that long.
 * @param {Function} callback
 * @param {number} [delay]
 */
export function setTimeout(callback, delay, ...args) {
  return start("setTimeout", callback, delay, false, args);
}

/** As `setTimeout`, again and again. */
export function setInterval(callback, delay, ...args) {
  return start("setInterval", callback, delay, true, args);
}

/** Calls `callback` as soon as what runs now has ended. */
export function setImmediate(callback, ...args) {
  const timer = start("setImmediate", callback, 1, false, args);
  waiting.get(timer.id).due = monotonicNow();
  return timer;
}

/** Ends a timer, by what the function that made it returned, or by its number. Anything else is ignored. */
export function clearTimeout(timer) {
  if (timer === undefined || timer === null || typeof timer === "symbol") return;
  waiting.delete(timer instanceof Timer ? timer.id : Number(timer));
}

export { clearTimeout as clearInterval, clearTimeout as clearImmediate };

/**
 * When the next timer is due.
 * @returns {number | undefined} by the host's monotonic clock, in milliseconds; nothing if none waits
 */
export function nextDue() {
  let next;
  for (const { due } of waiting.values()) if (next === undefined || due < next) next = due;
  return next;
}

/**
 * Runs one timer that is due: the earliest, of several the one that was made first. The caller lets all promises settle
 * before it asks for another, as node does. What the callback throws goes to the caller.
 * @param {number} at the host's monotonic clock, in milliseconds
 * @returns {boolean} whether one ran
 */
export function runDue(at) {
  let first;
  for (const entry of waiting.values())
    if (entry.due <= at && (first === undefined || entry.due < first.due)) first = entry;
  if (first === undefined) return false;
  if (first.repeats) first.due = at + first.delay;
  else waiting.delete(first.timer.id);
  first.callback.apply(first.timer, first.args);
  return true;
}

/**
 * `node:events`, by the package `events`. Owns what node has had since: `once` and `on` as promises with a signal, and
 * limits for targets.
 */
import EventEmitter from "events/events.js";

import { Event, EventTarget } from "../web/event.js";

const { once: packageOnce } = EventEmitter;

/** What node's classes of errors would say. */
function aborted(signal) {
  return Object.assign(new Error("The operation was aborted", { cause: signal.reason }), {
    name: "AbortError",
    code: "ABORT_ERR",
  });
}

/** A promise of the next event of this name, as the list of its arguments. */
export function once(emitter, name, options) {
  const signal = options?.signal;
  if (signal === undefined) {
    return packageOnce(emitter, name);
  }
  if (signal.aborted) {
    return Promise.reject(aborted(signal));
  }
  return Promise.race([
    packageOnce(emitter, name),
    new Promise((resolve, reject) => signal.addEventListener("abort", () => reject(aborted(signal)), { once: true })),
  ]);
}

export const listenerCount = (emitter, name) => emitter.listenerCount(name);
export const getEventListeners = (emitter, name) => (emitter instanceof EventTarget ? [] : emitter.listeners(name));
export const { defaultMaxListeners } = EventEmitter;
export const errorMonitor = Symbol("events.errorMonitor");
export const captureRejectionSymbol = Symbol.for("nodejs.rejection");

export function setMaxListeners(count, ...emitters) {
  for (const emitter of emitters) {
    emitter.setMaxListeners?.(count);
  }
}

Object.assign(EventEmitter, {
  once,
  listenerCount,
  getEventListeners,
  errorMonitor,
  captureRejectionSymbol,
  setMaxListeners,
});

export { Event, EventEmitter, EventTarget };
export default EventEmitter;

/**
 * `Event`, `CustomEvent` and `EventTarget`, as far as they mean something without a document: an event has one target
 * and no way up a tree. Owns listeners and the order in which they are called.
 */

/** The state of an event that only its target may set. */
const state = Symbol("event state");

/** What happened, as the web has it. */
export class Event {
  static NONE = 0;
  static CAPTURING_PHASE = 1;
  static AT_TARGET = 2;
  static BUBBLING_PHASE = 3;

  constructor(type, options) {
    if (arguments.length === 0) {
      throw new TypeError("Event: the type is missing");
    }
    const { bubbles, cancelable, composed } = options ?? {};
    this[state] = { target: null, current: null, phase: 0, stopped: false, prevented: false, passive: false };
    define(this, { type: String(type), bubbles: !!bubbles, cancelable: !!cancelable, composed: !!composed });
    // The snapshot must not hold a time, and the web counts from an origin that a function has not.
    define(this, { timeStamp: 0, isTrusted: false });
  }

  get target() {
    return this[state].target;
  }
  get srcElement() {
    return this[state].target;
  }
  get currentTarget() {
    return this[state].current;
  }
  get eventPhase() {
    return this[state].phase;
  }
  get defaultPrevented() {
    return this[state].prevented;
  }
  get returnValue() {
    return !this[state].prevented;
  }
  get cancelBubble() {
    return false;
  }
  composedPath() {
    return this[state].current === null ? [] : [this[state].current];
  }
  stopPropagation() {}
  stopImmediatePropagation() {
    this[state].stopped = true;
  }
  preventDefault() {
    if (this.cancelable && !this[state].passive) {
      this[state].prevented = true;
    }
  }
  get [Symbol.toStringTag]() {
    return "Event";
  }
}

/** An event with something to tell. */
export class CustomEvent extends Event {
  constructor(type, options) {
    super(type, options);
    define(this, { detail: options?.detail ?? null });
  }
  get [Symbol.toStringTag]() {
    return "CustomEvent";
  }
}

function define(object, values) {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(object, name, { value, enumerable: true });
  }
}

const listeners = Symbol("listeners");

/** Who can be listened to. */
export class EventTarget {
  constructor() {
    Object.defineProperty(this, listeners, { value: new Map() });
  }

  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) {
      return;
    }
    if (typeof callback !== "function" && typeof callback !== "object") {
      throw new TypeError("addEventListener: the listener must be a function or an object with handleEvent");
    }
    const {
      capture = false,
      once = false,
      passive = false,
      signal,
    } = typeof options === "object" && options !== null ? options : { capture: !!options };
    if (signal?.aborted) {
      return;
    }
    const name = String(type);
    const list = this[listeners].get(name) ?? [];
    if (list.some((entry) => entry.callback === callback && entry.capture === !!capture)) {
      return;
    }
    // The list is replaced, never changed: who is being called sees it as it was.
    this[listeners].set(name, [
      ...list,
      { callback, capture: !!capture, once: !!once, passive: !!passive, gone: false },
    ]);
    signal?.addEventListener("abort", () => this.removeEventListener(name, callback, capture), { once: true });
  }

  removeEventListener(type, callback, options) {
    const capture = typeof options === "object" && options !== null ? !!options.capture : !!options;
    const name = String(type);
    const kept = [];
    for (const entry of this[listeners].get(name) ?? []) {
      if (entry.callback === callback && entry.capture === capture) {
        entry.gone = true;
      } else {
        kept.push(entry);
      }
    }
    this[listeners].set(name, kept);
  }

  /** Calls the listeners. What one of them throws is written to the console, and the others are called nevertheless. */
  dispatchEvent(event) {
    if (!(event instanceof Event)) {
      throw new TypeError("dispatchEvent: this is no Event");
    }
    const inner = event[state];
    if (inner.phase !== Event.NONE) {
      throw new DOMException("The event is being dispatched already", "InvalidStateError");
    }
    Object.assign(inner, { target: this, current: this, phase: Event.AT_TARGET });
    for (const entry of this[listeners].get(event.type) ?? []) {
      if (entry.gone || inner.stopped) {
        continue;
      }
      if (entry.once) {
        this.removeEventListener(event.type, entry.callback, entry.capture);
      }
      inner.passive = entry.passive;
      try {
        if (typeof entry.callback === "function") {
          entry.callback.call(this, event);
        } else {
          entry.callback.handleEvent(event);
        }
      } catch (error) {
        console.error(error);
      }
    }
    Object.assign(inner, { current: null, phase: Event.NONE, stopped: false, passive: false });
    return !inner.prevented;
  }

  get [Symbol.toStringTag]() {
    return "EventTarget";
  }
}

/**
 * Gives a class the property `onNAME` for its events.
 * @param {Function} type the class, one that extends EventTarget
 * @param {string} name of the event
 */
export function handlerProperty(type, name) {
  const kept = Symbol(`on${name}`);
  Object.defineProperty(type.prototype, `on${name}`, {
    configurable: true,
    enumerable: true,
    get() {
      return this[kept]?.callback ?? null;
    },
    set(callback) {
      if (this[kept]) {
        this.removeEventListener(name, this[kept].listener);
        this[kept] = undefined;
      }
      if (typeof callback === "function") {
        const listener = (event) => callback.call(this, event);
        Object.defineProperty(this, kept, { value: { callback, listener }, configurable: true, writable: true });
        this.addEventListener(name, listener);
      }
    },
  });
}

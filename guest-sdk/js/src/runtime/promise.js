/**
 * Promises, as ECMAScript has them, on our own queue of jobs (`jobs.js` says why). The build tool turns `async` and `await` into
 * generators that use the global `Promise`, which is this one.
 *
 * It knows nothing of requests. A promise that is rejected and that nobody looks at is kept for whoever asks for it.
 */
import { enqueue } from "./jobs.js";

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

/** Promises that were rejected while nobody looked at them. */
const unhandled = new Set();

/** In an executor's place, for a promise that is settled here and by nobody else: it needs no functions for that. */
const OURS = Symbol("settled here");

/** Takes the reasons of promises that were rejected and at which nobody has looked since. */
export function takeUnhandled() {
  const reasons = Array.from(unhandled, (promise) => promise.peek().value);
  unhandled.clear();
  return reasons;
}

class OwnPromise {
  #state = PENDING;
  #value = undefined;
  #reactions = null;
  #looked = false;

  constructor(executor) {
    if (executor === OURS) {
      return;
    }
    if (typeof executor !== "function") {
      throw new TypeError(`Promise resolver ${String(executor)} is not a function`);
    }
    const { resolve, reject } = this.#resolvers();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** State and value, for the handler's loop. */
  peek() {
    this.#looked = true;
    unhandled.delete(this);
    return { pending: this.#state === PENDING, rejected: this.#state === REJECTED, value: this.#value };
  }

  #resolvers() {
    let settled = false;
    return {
      resolve: (value) => {
        if (!settled) {
          settled = true;
          this.#resolve(value);
        }
      },
      reject: (reason) => {
        if (!settled) {
          settled = true;
          this.#settle(REJECTED, reason);
        }
      },
    };
  }

  #resolve(value) {
    if (value === this) {
      this.#settle(REJECTED, new TypeError("Chaining cycle detected for promise"));
      return;
    }
    if (value === null || (typeof value !== "object" && typeof value !== "function")) {
      this.#settle(FULFILLED, value);
      return;
    }
    let then;
    try {
      then = value.then;
    } catch (error) {
      this.#settle(REJECTED, error);
      return;
    }
    if (typeof then !== "function") {
      this.#settle(FULFILLED, value);
      return;
    }
    enqueue(() => {
      const { resolve, reject } = this.#resolvers();
      try {
        then.call(value, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(state, value) {
    this.#state = state;
    this.#value = value;
    const reactions = this.#reactions;
    this.#reactions = null;
    if (state === REJECTED && !this.#looked) {
      unhandled.add(this);
    }
    if (reactions !== null) {
      for (const reaction of reactions) {
        this.#react(reaction);
      }
    }
  }

  #react({ onFulfilled, onRejected, next }) {
    const handler = this.#state === FULFILLED ? onFulfilled : onRejected;
    enqueue(() => {
      if (typeof handler !== "function") {
        OwnPromise.#pass(next, this.#state, this.#value);
        return;
      }
      let result;
      try {
        result = handler(this.#value);
      } catch (error) {
        OwnPromise.#pass(next, REJECTED, error);
        return;
      }
      OwnPromise.#pass(next, FULFILLED, result);
    });
  }

  /** Hands on to what `then` has returned: a promise of ours, or what a class that extends them was made with. */
  static #pass(next, state, value) {
    if (next instanceof OwnPromise) {
      if (state === FULFILLED) {
        next.#resolve(value);
      } else {
        next.#settle(REJECTED, value);
      }
    } else if (state === FULFILLED) {
      next.resolve(value);
    } else {
      next.reject(value);
    }
  }

  then(onFulfilled, onRejected) {
    const constructor = species(this);
    const next = constructor === OwnPromise ? new OwnPromise(OURS) : capabilityOf(constructor);
    const reaction = { onFulfilled, onRejected, next };
    this.#looked = true;
    if (this.#state === PENDING) {
      (this.#reactions ??= []).push(reaction);
    } else {
      unhandled.delete(this);
      this.#react(reaction);
    }
    return next instanceof OwnPromise ? next : next.promise;
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    if (typeof onFinally !== "function") {
      return this.then(onFinally, onFinally);
    }
    const constructor = species(this);
    return this.then(
      (value) => constructor.resolve(onFinally()).then(() => value),
      (reason) =>
        constructor.resolve(onFinally()).then(() => {
          throw reason;
        }),
    );
  }

  get [Symbol.toStringTag]() {
    return "Promise";
  }

  static get [Symbol.species]() {
    return this;
  }

  static resolve(value) {
    if (value instanceof OwnPromise && value.constructor === this) {
      return value;
    }
    if (this === OwnPromise) {
      const promise = new OwnPromise(OURS);
      promise.#resolve(value);
      return promise;
    }
    const { promise, resolve } = capabilityOf(this);
    resolve(value);
    return promise;
  }

  static reject(reason) {
    const { promise, reject } = capabilityOf(this);
    reject(reason);
    return promise;
  }

  static withResolvers() {
    return capabilityOf(this);
  }

  static try(action, ...args) {
    return new this((resolve) => resolve(action(...args)));
  }

  static race(promises) {
    return new this((resolve, reject) => {
      for (const promise of promises) {
        this.resolve(promise).then(resolve, reject);
      }
    });
  }

  static all(promises) {
    return gather(this, promises, (slot, reject) => [slot, reject]);
  }

  static allSettled(promises) {
    return gather(this, promises, (slot) => [
      (value) => slot({ status: "fulfilled", value }),
      (reason) => slot({ status: "rejected", reason }),
    ]);
  }

  static any(promises) {
    const failed = (errors) => new AggregateError(errors, "All promises were rejected");
    return gather(this, promises, (slot, reject, resolve) => [resolve, slot], (errors, resolve, reject) => reject(failed(errors)));
  }
}

/** Waits for all; `handlers` says for each what fills its slot, `end` what becomes of them when all slots are filled. */
function gather(constructor, promises, handlers, end = (values, resolve) => resolve(values)) {
  return new constructor((resolve, reject) => {
    const values = [];
    let left = 1;
    const done = () => {
      left -= 1;
      if (left === 0) {
        end(values, resolve, reject);
      }
    };
    let count = 0;
    for (const promise of promises) {
      const index = count;
      count += 1;
      left += 1;
      let filled = false;
      const slot = (value) => {
        if (!filled) {
          filled = true;
          values[index] = value;
          done();
        }
      };
      constructor.resolve(promise).then(...handlers(slot, reject, resolve));
    }
    done();
  });
}

function species(promise) {
  const constructor = promise.constructor;
  if (constructor === undefined) {
    return OwnPromise;
  }
  return constructor[Symbol.species] ?? OwnPromise;
}

function capabilityOf(constructor) {
  if (typeof constructor !== "function") {
    throw new TypeError("Promise methods are called on Promise or a class that extends it");
  }
  const capability = {};
  capability.promise = new constructor((resolve, reject) => {
    capability.resolve = resolve;
    capability.reject = reject;
  });
  return capability;
}

Object.defineProperty(OwnPromise, "name", { value: "Promise" });

/** Puts these promises, and what the engine builds on its own, in the place of the engine's. */
export function installPromises() {
  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  define(globalThis, "Promise", OwnPromise);
  define(globalThis, "queueMicrotask", (callback) => {
    if (typeof callback !== "function") {
      throw new TypeError("queueMicrotask: the callback must be a function");
    }
    // An error of the callback has nobody to go to; it is told as a rejection is.
    OwnPromise.resolve().then(() => callback());
  });
  define(Array, "fromAsync", async (items, map, receiver) => {
    const list = [];
    for await (const item of items[Symbol.asyncIterator] || items[Symbol.iterator] ? items : Array.from(items)) {
      list.push(map ? await map.call(receiver, item, list.length) : item);
    }
    return list;
  });
  // Its promises are the engine's, which would never come to an end.
  delete globalThis.AsyncDisposableStack;
}

export { OwnPromise };

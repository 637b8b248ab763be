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

/** Takes the reasons of promises that were rejected and at which nobody has looked since. */
export function takeUnhandled() {
  const reasons = Array.from(unhandled, (promise) => promise.peek().value);
  unhandled.clear();
  return reasons;
}

class OwnPromise {
  #state = PENDING;
  #value = undefined;
  #reactions = [];
  #looked = false;

  constructor(executor) {
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
    const once = (action) => (value) => {
      if (!settled) {
        settled = true;
        action(value);
      }
    };
    return { resolve: once((value) => this.#resolve(value)), reject: once((reason) => this.#settle(REJECTED, reason)) };
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
    for (const reaction of reactions) {
      this.#react(reaction);
    }
  }

  #react({ onFulfilled, onRejected, capability }) {
    const handler = this.#state === FULFILLED ? onFulfilled : onRejected;
    const fallback = this.#state === FULFILLED ? capability.resolve : capability.reject;
    const value = this.#value;
    enqueue(() => {
      if (typeof handler !== "function") {
        fallback(value);
        return;
      }
      let result;
      try {
        result = handler(value);
      } catch (error) {
        capability.reject(error);
        return;
      }
      capability.resolve(result);
    });
  }

  then(onFulfilled, onRejected) {
    const constructor = species(this);
    const reaction = { onFulfilled, onRejected, capability: capabilityOf(constructor) };
    this.#looked = true;
    if (this.#state === PENDING) {
      this.#reactions.push(reaction);
    } else {
      unhandled.delete(this);
      this.#react(reaction);
    }
    return reaction.capability.promise;
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

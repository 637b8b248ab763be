// Our promises against node's: the same program, told what it has seen, in the same order.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { runJobs, takeOver } from "../src/runtime/jobs.js";
import { OwnPromise, takeUnhandled } from "../src/runtime/promise.js";

takeOver();

/** Programs that take a Promise and note what happens. */
const PROGRAMS = {
  order: (P, note) => {
    P.resolve(1).then(note).then(() => note("after 1"));
    new P((resolve) => resolve(P.resolve(2))).then(note);
    P.resolve(3).then(note).then(() => note("after 3"));
    note("at once");
  },
  thenables: (P, note) => {
    P.resolve({ then: (resolve) => (resolve("a"), resolve("b")) }).then(note);
    P.resolve({ get then() { throw new Error("getter"); } }).catch(({ message }) => note(message));
    P.resolve({ then() { throw new Error("call"); } }).catch(({ message }) => note(message));
    P.resolve({ then: 1 }).then((value) => note(typeof value));
  },
  settledOnce: (P, note) => {
    new P((resolve, reject) => (resolve(1), reject(new Error("late")), resolve(2))).then(note, note);
    new P((resolve) => (resolve(new P(() => {})), resolve(2))).then(note);
    new P(() => { throw new Error("executor"); }).catch(({ message }) => note(message));
  },
  cycle: (P, note) => {
    const promise = new P((resolve) => P.resolve().then(() => resolve(promise)));
    promise.catch((error) => note(error.name));
  },
  finally: (P, note) => {
    P.resolve(1).finally(() => 2).then(note);
    P.reject(new Error("first")).finally(() => 2).catch(({ message }) => note(message));
    P.resolve(1).finally(() => P.reject(new Error("in finally"))).catch(({ message }) => note(message));
    P.resolve(1).finally(null).then(note);
  },
  through: (P, note) => {
    P.resolve(1).then(null, null).then(note);
    P.reject(new Error("through")).then(() => note("never")).catch(({ message }) => note(message));
  },
  all: (P, note) => {
    P.all([1, P.resolve(2), new P((resolve) => P.resolve().then(() => resolve(3)))]).then((all) => note(all.join()));
    P.all([]).then((all) => note(`none ${all.length}`));
    P.all([P.reject(new Error("one")), P.reject(new Error("two"))]).catch(({ message }) => note(message));
    P.all(new Set(["set"])).then(([value]) => note(value));
    P.all(7).catch((error) => note(error.name));
  },
  allSettled: (P, note) => {
    P.allSettled([1, P.reject(2)]).then((all) => note(JSON.stringify(all)));
  },
  race: (P, note) => {
    P.race([new P(() => {}), P.resolve("won"), "late"]).then(note);
    P.race([P.reject("lost"), 1]).catch(note);
  },
  any: (P, note) => {
    P.any([P.reject(1), P.resolve(2)]).then(note);
    P.any([P.reject(1), P.reject(2)]).catch((error) => note(`${error.name} ${error.errors.join()}`));
    P.any([]).catch((error) => note(`${error.name} ${error.errors.length}`));
  },
  subclass: (P, note) => {
    class Sub extends P {}
    const then = Sub.resolve(1).then(() => {});
    note(then instanceof Sub);
    note(Sub.resolve(then) === then);
    note(P.resolve(then) === then);
    note(Sub.all([]) instanceof Sub);
    class Plain extends P {
      static get [Symbol.species]() {
        return P;
      }
    }
    note(Plain.resolve(1).then(() => {}) instanceof Plain);
  },
  shape: (P, note) => {
    note(P.name);
    note(P.length);
    note(Object.prototype.toString.call(P.resolve()));
    for (const wrong of [() => P(() => {}), () => new P(), () => P.resolve.call(1)]) {
      try {
        wrong();
        note("taken");
      } catch (error) {
        note(error.name);
      }
    }
  },
};

describe("our promises do what node's do", () => {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    it(name, async () => {
      const [theirs, ours] = [[], []];
      program(Promise, (value) => theirs.push(value));
      await new Promise((resolve) => setImmediate(resolve));
      program(OwnPromise, (value) => ours.push(value));
      runJobs();
      assert.deepEqual(ours, theirs);
      takeUnhandled();
    });
  }
});

it("a rejection that nobody looks at is kept, and no other", () => {
  OwnPromise.reject("looked at late").catch(() => {});
  OwnPromise.reject("alone");
  OwnPromise.resolve().then(() => {
    throw "thrown in a job";
  });
  runJobs();
  assert.deepEqual(takeUnhandled(), ["alone", "thrown in a job"]);
  assert.deepEqual(takeUnhandled(), []);
});

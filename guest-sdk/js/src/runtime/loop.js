/**
 * Waits for a promise: runs jobs until there are none, then sleeps until the next timer is due, and so on. The one place in which
 * a request goes on. It knows nothing of what the promise is for.
 */
import { monotonicNow, sleep } from "#host";

import { nextDue, runDue } from "../prelude/timers.js";
import { runJobs } from "./jobs.js";
import { OwnPromise } from "./promise.js";

/** That a promise can never settle: nothing is left that could do it. */
export class NeverSettles extends Error {
  constructor(what) {
    super(`${what} never settles: no timer is set and nothing is left to do. A promise is missing its resolve or its reject`);
    this.name = "NeverSettles";
  }
}

/**
 * Blocks until a promise has settled. A timer past the call's deadline is waited for all the same; the host ends the call.
 *
 * @param {*} value a promise, another thenable, or the value itself
 * @param {string} what what is waited for, for the error
 * @returns what the promise was fulfilled with
 * @throws what it was rejected with, or `NeverSettles`
 */
export function waitFor(value, what) {
  const promise = OwnPromise.resolve(value);
  for (;;) {
    runJobs();
    const { pending, rejected, value: settled } = promise.peek();
    if (rejected) {
      throw settled;
    }
    if (!pending) {
      return settled;
    }
    const due = nextDue();
    if (due === undefined) {
      throw new NeverSettles(what);
    }
    sleep(due - monotonicNow());
    runDue(monotonicNow());
  }
}

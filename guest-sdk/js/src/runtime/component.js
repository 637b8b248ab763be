/**
 * What the component exports: the contract's `handle`, around the author's module. Begins the call, has the module answer, waits
 * for the answer, and tells the log of what went wrong. How events and answers look to an author is in `../handler/`.
 */
import { askedAtBuild, begin, giveUp, log } from "#host";

import { answer } from "../handler/answer.js";
import { answerWith } from "../handler/forms.js";
import { received } from "../redwood/received.js";
import { takeOver } from "./jobs.js";
import { waitFor } from "./loop.js";
import { OwnPromise, takeUnhandled } from "./promise.js";
import { reasonOf, traceOf } from "./stack.js";
import { AT_BUILD } from "./words.js";

/**
 * The interface `handler` around a module that is loaded already, in the snapshot.
 *
 * @param {object} module the author's module
 */
export function serveLoaded(module) {
  const asked = askedAtBuild();
  if (asked !== null) {
    throw new Error(`${AT_BUILD}${asked}`);
  }
  const respond = answerWith(module);
  return { handle: (event, context) => handle(() => respond, event, context) };
}

/**
 * The interface `handler` around a module that is loaded in each request.
 *
 * @param {() => PromiseLike<object>} load
 */
export function serveLoading(load) {
  return { handle: (event, context) => handle(() => answerWith(waitFor(load(), "the loading of the module")), event, context) };
}

/**
 * One call. All that it makes is made of memory that no other call has touched yet, so that an object less counts for more than
 * elsewhere: what needs no promise gets none.
 */
function handle(form, event, context) {
  takeOver();
  begin(context);
  received(event);
  try {
    const given = form()(event, context);
    const answered = answer(waitFor(given.value, "the handler's promise"));
    const response = answered instanceof OwnPromise ? waitFor(answered, "the body of the answer") : answered;
    for (const promise of given.after()) {
      waitForWork(promise);
    }
    return response;
  } catch (error) {
    log("error", `uncaught ${traceOf(error)}`, "uncaught");
    if (error instanceof InternalError && error.message === "out of memory") {
      // As a Rust function does, so that the host tells it from a mistake.
      giveUp();
    }
    // A text becomes the contract's `err`: the reason in the access log. The client sees nothing of it.
    throw reasonOf(error);
  } finally {
    for (const reason of takeUnhandled()) {
      log("error", `unhandled rejection: ${traceOf(reason)}`, "uncaught");
    }
  }
}

/** Work that goes on after the answer is known: it may fail, the answer stands. */
function waitForWork(promise) {
  try {
    waitFor(promise, "a promise given to waitUntil");
  } catch (error) {
    log("error", `waitUntil: ${traceOf(error)}`, "uncaught");
  }
}

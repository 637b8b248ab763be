/**
 * The second argument of a handler: Lambda's context, with what Netlify (`clientContext.user`) and Redwood (`currentUser`) put into
 * it. The contract's own record goes along under a symbol, for `delivery(context)` and `identity(context)`.
 */
import { claimsOf } from "./event.js";

/** Where the contract's record lies in a context. */
export const CONTRACT = Symbol.for("vestibule.context");

/** The caller as Netlify has it in `context.clientContext.user`: the token's claims. */
function netlifyUser(identity) {
  return { ...claimsOf(identity), sub: identity.subject };
}

/** The caller as Redwood's `getCurrentUser` usually has it: the decoded token, and the roles. */
function redwoodUser(identity) {
  return { ...claimsOf(identity), sub: identity.subject, roles: [...identity.roles] };
}

/**
 * @param {object} context the contract's record `context`
 * @param {(error: unknown, result?: unknown) => void} callback what `done`, `succeed` and `fail` of old functions call
 */
export function lambdaContext(context, callback) {
  const { identity } = context;
  const made = {
    functionName: context.function,
    functionVersion: context.version,
    invokedFunctionArn: `vestibule:${context.function}:${context.version}`,
    awsRequestId: context.requestId,
    logGroupName: context.function,
    logStreamName: context.requestId,
    callbackWaitsForEmptyEventLoop: true,
    clientContext: identity === null ? {} : { user: netlifyUser(identity) },
    currentUser: identity === null ? null : redwoodUser(identity),
    getRemainingTimeInMillis: () => Math.max(0, context.deadline - Date.now()),
    done: callback,
    succeed: (result) => callback(null, result),
    fail: (error) => callback(error ?? new Error("context.fail was called without an error")),
  };
  // No part of what a function writes down of its context.
  Object.defineProperty(made, CONTRACT, { value: context });
  return made;
}

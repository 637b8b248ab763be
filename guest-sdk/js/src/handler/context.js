/**
 * The second argument of a handler: Lambda's context, with what Netlify (`clientContext.user`) and Redwood (`currentUser`) put into
 * it. The contract's own records go along as `vestibule`, for what these have no place for.
 */
import { claimsOf } from "./event.js";

/**
 * Puts the contract's records into a context, as `context.vestibule`: they are no part of what a function writes down of it.
 *
 * @param {object} made the context of a handler
 * @param {object} event the contract's record `event`
 * @param {object} context the contract's record `context`
 */
export function withContract(made, event, context) {
  return Object.defineProperty(made, "vestibule", { value: { event, context } });
}

/** The caller as Netlify has it in `context.clientContext.user`: the token's claims. */
function netlifyUser(identity) {
  return { ...claimsOf(identity), sub: identity.subject };
}

/** The caller as Redwood's `getCurrentUser` usually has it: the decoded token, and the roles. */
function redwoodUser(identity) {
  return { ...claimsOf(identity), sub: identity.subject, roles: [...identity.roles] };
}

/**
 * @param {object} event the contract's record `event`
 * @param {object} context the contract's record `context`
 * @param {(error: unknown, result?: unknown) => void} callback what `done`, `succeed` and `fail` of old functions call
 */
export function lambdaContext(event, context, callback) {
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
  return withContract(made, event, context);
}

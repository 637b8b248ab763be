/**
 * `@redwoodjs/context`: what belongs to the request that runs. A component answers one request, so it is one object.
 */

export const context = {};

/** Replaces what is in the context. */
export function setContext(values) {
  for (const name of Object.keys(context)) {
    delete context[name];
  }
  return Object.assign(context, values);
}

export default context;

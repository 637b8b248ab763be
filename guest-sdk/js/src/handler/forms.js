/**
 * The shapes in which a module offers its handler, and how each is called:
 *
 * | the module has | is called as |
 * |---|---|
 * | `handler` (or `default.handler`) | `handler(event, context)`, or `handler(event, context, callback)` of old |
 * | `default.fetch` | `fetch(request, ctx)` of the web |
 * | `default`, a function | the same |
 *
 * Where there are several, the first of the table counts.
 */
import { lambdaContext } from "./context.js";
import { lambdaEvent } from "./event.js";
import { webContext, webRequest } from "./web.js";

const NO_WORK = () => [];

/**
 * How a module answers: a function of the contract's event and context that returns what the handler has returned (a value or a
 * promise of it) and, to be called when that has settled, the promises that go on after it. It may throw what the handler throws.
 *
 * @param {object} module
 * @returns {(event: object, context: object) => { value: unknown, after: () => unknown[] }}
 * @throws {TypeError} if it offers none, saying what it has
 */
export function answerWith(module) {
  const main = module.default;
  const lambda = module.handler ?? main?.handler;
  if (lambda !== undefined) {
    if (typeof lambda !== "function") {
      throw new TypeError(`its \`handler\` is no function but of type ${typeof lambda}: ${HOW}`);
    }
    return (event, context) => ({ value: callLambda(lambda, event, context), after: NO_WORK });
  }
  if (typeof main?.fetch === "function") {
    return (event, context) => callWeb((...args) => main.fetch(...args), event, context);
  }
  if (typeof main === "function") {
    return (event, context) => callWeb(main, event, context);
  }
  const names = Object.keys(module);
  throw new TypeError(`it has no handler (${names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`}): ${HOW}`);
}

const HOW = "write `export const handler = async (event, context) => …` or `export default { fetch(request, ctx) { … } }`";

/** One that returns nothing and takes a callback is waited for until it calls that. */
function callLambda(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => {
      if (error === undefined || error === null) {
        resolve(result);
      } else {
        reject(error instanceof Error || typeof error === "string" ? error : new Error(JSON.stringify(error)));
      }
    };
    const made = lambdaContext(event, context, callback);
    const returned = handler(lambdaEvent(event, context), made, callback);
    const callsBack = handler.length > 2 && !isThenable(returned);
    if (!callsBack || returned !== undefined) {
      // `done`, `succeed` and `fail` of the context may have answered already; then this counts for nothing.
      resolve(returned);
    }
  });
}

function callWeb(handler, event, context) {
  const work = [];
  const ctx = webContext(event, context, work);
  return { value: responseOf(handler(webRequest(event, context), ctx)), after: () => work };
}

async function responseOf(returned) {
  const value = await returned;
  if (!(value instanceof Response)) {
    throw new TypeError(`fetch returned ${value === null ? "null" : typeof value} and no Response: return new Response("…")`);
  }
  return value;
}

function isThenable(value) {
  return value !== null && (typeof value === "object" || typeof value === "function") && typeof value.then === "function";
}

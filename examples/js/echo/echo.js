// Answers what it got, as JSON: every field of the contract's event and context, and its environment. With `?raw` it answers the
// body alone, byte for byte; with `?status`, `?repeat`, `?log`, `?fail`, `?later`, `?loop` and `?memory` it does what `tests/conformance`
// asks of a function in any language.
import { identity } from "@vestibule/function";

export const handler = async ({ queryStringParameters: query }, { vestibule }) => {
  const { event, context } = vestibule;
  if ("later" in query) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if ("raw" in query) {
    return { body: event.body };
  }
  if ("status" in query) {
    return { statusCode: Number(query.status) };
  }
  if ("repeat" in query) {
    return { headers: { "set-cookie": ["a=1", "b=2"], "x-note": "tschüß ☕" } };
  }
  if ("log" in query) {
    console.info(query.log);
  }
  if ("fail" in query) {
    throw new Error(query.fail);
  }
  while ("loop" in query);
  for (const taken = []; "memory" in query; ) {
    taken.push(new Uint8Array(1 << 20).fill(1));
  }
  // The SDK adds this one, for the packages that ask node for it.
  const { NODE_ENV, ...env } = process.env;
  return {
    body: {
      event: { ...event, body: new TextDecoder().decode(event.body) },
      context: {
        request_id: context.requestId,
        function: context.function,
        version: context.version,
        deadline: context.deadline,
        trigger: trigger(context),
        delivery: delivery(context),
        identity: identity(),
      },
      env,
    },
  };
};

function trigger({ trigger: { tag, val } }) {
  return tag === "http" ? tag : { [tag]: val };
}

function delivery({ delivery }) {
  if (delivery === null) {
    return null;
  }
  const { scheme, id, eventType, timestamp, secret } = delivery;
  return { scheme, id, event_type: eventType, timestamp, secret };
}

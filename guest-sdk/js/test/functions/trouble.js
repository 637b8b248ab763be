// Everything that can go wrong in a function, by the path below its route; and what it may reach.
import { HostError, delivery, identity, kv, secret, webhooks } from "@vestibule/function";

const loadedAt = Math.floor(1000 * 1000);

class Custom extends Error {
  name = "Custom";
}

function inner(what) {
  throw new Custom(`about ${what}`, { cause: new TypeError("the cause") });
}

const told = (action) => {
  try {
    return action();
  } catch (error) {
    return { isHostError: error instanceof HostError, code: error.code, message: error.message };
  }
};

const deeds = {
  throw: async () => inner("a throw"),
  "throw-text": () => {
    throw "a text";
  },
  reject: () => Promise.reject(new Error("rejected")),
  never: () => new Promise(() => {}),
  loop: () => {
    for (;;) {
      // On and on.
    }
  },
  wait: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
  memory: () => {
    const kept = [];
    for (;;) {
      kept.push("x".repeat(100_000) + kept.length);
    }
  },
  deep: () => {
    const down = (n) => down(n + 1) + 1;
    return { body: String(down(0)) };
  },
  nothing: async () => undefined,
  "bad-status": () => ({ statusCode: 1000, body: "" }),
  "text-status": () => ({ statusCode: "many" }),
  unhandled: async () => {
    Promise.reject(new Error("nobody looks"));
    return { body: "fine" };
  },
  timer: () => new Promise(() => setTimeout(() => inner("a timer"), 1)),
  order: async () => {
    const seen = [];
    const note = (what) => () => seen.push(what);
    setTimeout(note("timer 2"), 2);
    setTimeout(note("timer 1"), 1);
    queueMicrotask(note("microtask"));
    await null;
    seen.push("await");
    for await (const value of (async function* () {
      yield 1;
      yield Promise.resolve(2);
    })()) {
      seen.push(value);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { body: seen };
  },
  promises: async () => ({
    body: [
      await Promise.all([1, Promise.resolve(2), { then: (resolve) => resolve(3) }]),
      await Promise.allSettled([Promise.reject(new Error("no")), 1]).then((all) => all.map(({ status }) => status)),
      await Promise.race([new Promise(() => {}), Promise.resolve("first")]),
      await Promise.any([Promise.reject(new Error("no")), Promise.resolve("any")]),
      await Array.fromAsync([Promise.resolve(1), 2]),
      await Promise.try(() => "tried"),
    ],
  }),
  random: async () => ({ body: [Math.random(), crypto.randomUUID(), Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex")] }),
  time: async () => ({ body: { now: Date.now(), date: new Date().toISOString(), loadedAt } }),
  env: async () => ({ body: { ...process.env } }),
  console: async () => {
    console.debug("debug %s", "one");
    console.info({ a: [1] });
    console.warn("two\nlines");
    console.error(new Error("logged"));
    return { statusCode: 204 };
  },
  kv: async () => {
    const store = kv.store("things");
    store.set("a", "1");
    store.setJson("b", { n: 1 });
    store.set("gone", "x", { ttl: 0.001 });
    return {
      body: {
        text: store.get("a"),
        json: store.getJson("b"),
        missing: store.get("missing"),
        sum: [store.increment("n"), store.increment("n", 4)],
        absent: [store.setIfAbsent("c", "1"), store.setIfAbsent("c", "2")],
        swapped: [store.compareAndSet("a", "0", "2"), store.compareAndSet("a", "1", "2"), store.get("a")],
        updated: store.updateJson("b", ({ n }) => ({ n: n + 1 })),
        keys: [...store.list({ prefix: "b" })],
        many: store.getMany(["a", "missing"]),
        denied: told(() => kv.store("others")),
        unnamed: told(() => kv.store("not a name!")),
        nan: told(() => store.increment("b")),
      },
    };
  },
  secret: async () => ({ body: { given: secret("GIVEN"), denied: told(() => secret("OTHER")) } }),
  sign: async () => ({
    body: {
      signed: webhooks.sign("github", "SIGNING", "payload").headers,
      denied: told(() => webhooks.sign("github", "GIVEN", "payload")),
    },
  }),
  fetch: async (event) => {
    const url = event.queryStringParameters.url;
    const answer = await fetch(url, { method: "POST", headers: { "x-a": "1" }, body: "sent" });
    return { body: { status: answer.status, text: await answer.text(), header: answer.headers.get("x-answer") } };
  },
  denied: async () => {
    try {
      await fetch("https://elsewhere.example/");
      return { statusCode: 500 };
    } catch (error) {
      return { body: { name: error.name, message: `${error.message} ${error.cause?.message ?? ""}` } };
    }
  },
  context: async (event, context) => ({
    body: { delivery: delivery(context), identity: identity(), user: context.clientContext.user ?? null, left: context.getRemainingTimeInMillis() },
  }),
};

export const handler = (event, context, callback) => {
  const what = event.pathParameters?.proxy ?? "";
  if (what === "callback") {
    setTimeout(() => callback(null, { statusCode: 202, body: "called back" }), 1);
    return undefined;
  }
  if (what === "callback-error") {
    callback(new Error("called back with an error"));
    return undefined;
  }
  return Object.hasOwn(deeds, what) ? deeds[what](event, context) : { statusCode: 404 };
};

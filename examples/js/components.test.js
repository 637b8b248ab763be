// The example functions as components, served by the host: one host for all of them. VESTIBULE_HOST names the host,
// VESTIBULE_FUNCTIONS the folder with what `tools/js` has built.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Host } from "@vestibule/function/testing";

const FUNCTIONS = process.env.VESTIBULE_FUNCTIONS ?? new URL("../../target/functions-js", import.meta.url).pathname;
const NAMES = [
  "api", "clerk-webhook", "discourse-webhook", "divide", "echo", "lambda", "me", "netlify-webhook", "notes", "orbit-webhook", "pixel",
  "qstash", "qstash-manual", "stripe-webhook", "update-order-status", "web",
];
const CLERK = `whsec_${Buffer.from("a secret of a test, 32 bytes long").toString("base64")}`;
const SECRETS = {
  AUTH_JWT_SECRET: "a key of a test that is long enough for HS256",
  CLERK_WH_SECRET: CLERK,
  DISCOURSE_WEBHOOK_SECRET: "discourse-s3cret",
  NETLIFY_DEPLOY_WEBHOOK_SECRET: "netlify-s3cret",
  ORBIT_WEBHOOK_SECRET: "orbit-s3cret",
  QSTASH_CURRENT_SIGNING_KEY: "sig_current",
  QSTASH_NEXT_SIGNING_KEY: "sig_next",
  STRIPE_WEBHOOK_SECRET: "whsec_stripe",
  WEBHOOK_SECRET: "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME",
};

let host;

before(async () => {
  const [first, ...others] = NAMES.map((name) => join(FUNCTIONS, `${name}.wasm`));
  const builder = Host.with(first).settings(readFileSync(new URL("../host.toml", import.meta.url), "utf8"));
  others.forEach((component) => builder.and(component));
  Object.entries(SECRETS).forEach(([name, value]) => builder.secret(name, value));
  host = await builder.start();
});

after(() => host?.stop());

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(claims) {
  const soon = Math.floor(Date.now() / 1000) + 600;
  const known = { iss: "https://auth.example", aud: "vestibule-examples", exp: soon, ...claims };
  const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(known)}`;
  return `${signed}.${createHmac("sha256", SECRETS.AUTH_JWT_SECRET).update(signed).digest("base64url")}`;
}

const as = (request, claims) => request.header("authorization", `Bearer ${token(claims)}`);

it("serves every example", () => {
  assert.deepEqual(host.problems(), []);
});

describe("divide", () => {
  it("answers as it does in Redwood", async () => {
    const good = await host.get("/divide?dividend=20&divisor=5");
    assert.equal(good.status, 200);
    assert.deepEqual(good.json(), { message: "20 / 5 = 4", quotient: 4 });
    assert.equal(good.header("content-type"), "application/json");
    assert.equal((await host.get("/divide?divisor=5")).status, 400);
    assert.equal((await host.get("/divide")).status, 400);
    assert.equal((await host.get("/divide?dividend=1&divisor=0")).status, 500);
  });
});

describe("lambda", () => {
  it("has the fields of the contract", async () => {
    const answer = await host
      .post("/lambda/a%20b/%C3%A9?x=1&x=2&y=a+b%26&z&%C3%BC=%E2%82%AC")
      .header("X-Twice", "one")
      .header("X-Twice", "two")
      .header("X-Latin", Buffer.from("é", "utf8").toString("latin1"))
      .body("grüße");
    const { event, context } = answer.json();
    assert.equal(event.httpMethod, "POST");
    assert.equal(event.path, "/lambda/a%20b/%C3%A9");
    assert.equal(event.resource, "/lambda/{proxy+}");
    assert.deepEqual(event.pathParameters, { proxy: "a b/é" });
    assert.equal(event.headers["x-twice"], "one, two");
    assert.deepEqual(event.multiValueHeaders["x-twice"], ["one", "two"]);
    assert.equal(event.headers["x-latin"], "é");
    assert.deepEqual(event.queryStringParameters, { x: "2", y: "a b&", z: "", ü: "€" });
    assert.deepEqual(event.multiValueQueryStringParameters.x, ["1", "2"]);
    assert.equal(event.body, "grüße");
    assert.equal(event.isBase64Encoded, false);
    assert.equal(event.requestContext.identity.sourceIp, "127.0.0.1");
    assert.equal(event.requestContext.requestId, answer.requestId);
    assert.equal(context.awsRequestId, answer.requestId);
    assert.equal(context.functionName, "lambda");
  });

  it("has no body where there is none, and an empty query", async () => {
    const { event } = (await host.get("/lambda")).json();
    assert.equal(event.body, null);
    assert.deepEqual(event.queryStringParameters, {});
    assert.equal(event.resource, "/lambda");
    assert.equal(event.pathParameters, null);
  });

  it("takes names that objects have of their own", async () => {
    const { event } = (await host.get("/lambda?__proto__=1&constructor=2&a=%zz&b=%ff")).json();
    assert.deepEqual(Object.entries(event.queryStringParameters), [["__proto__", "1"], ["constructor", "2"], ["a", "%zz"], ["b", "\ufffd"]]);
  });

  it("gives bytes back as they came", async () => {
    for (const body of [Buffer.from([0, 255, 128, 10, 13]), Buffer.from("\ufefftext\0"), Buffer.from("plain")]) {
      const answer = await host.post("/lambda?body=only").body(body);
      assert.deepEqual(answer.body, body);
    }
    const { event } = (await host.post("/lambda").body(Buffer.from([0, 255]))).json();
    assert.equal(event.isBase64Encoded, true);
    assert.equal(event.body, "AP8=");
  });
});

describe("notes", () => {
  it("keeps notes of whoever is signed in, and of nobody else", async () => {
    assert.equal((await host.get("/notes")).status, 401);
    const ada = { sub: "ada", email: "ada@example.com" };
    const made = (await as(host.post("/notes").json({ text: "milk" }), ada)).json();
    const other = (await as(host.post("/notes").json({ text: "tea" }), ada)).json();
    assert.notEqual(made.id, other.id);
    assert.deepEqual((await as(host.get(`/notes/${made.id}`), ada)).json(), { id: made.id, text: "milk" });
    assert.deepEqual((await as(host.get("/notes"), { sub: "bob" })).json(), []);
    assert.equal((await as(host.request("PATCH", "/notes"), ada)).status, 405);
    const gone = await as(host.request("DELETE", `/notes/${made.id}`), ada);
    assert.equal(gone.status, 204);
    assert.equal((await as(host.get("/notes"), ada)).json().length, 1);
  });
});

describe("me", () => {
  it("knows the caller and the roles", async () => {
    const answer = await as(host.get("/me"), { sub: "ada", roles: ["admin"] });
    assert.deepEqual(answer.json(), { id: "ada", roles: ["admin"], admin: true });
    assert.equal((await host.get("/me")).instances, 0);
  });
});

describe("pixel", () => {
  it("is a picture", async () => {
    const file = readFileSync(new URL("pixel/pixel.png", import.meta.url));
    for (const path of ["/pixel", "/pixel?raw=1"]) {
      const answer = await host.get(path);
      assert.equal(answer.header("content-type"), "image/png");
      assert.deepEqual(answer.body, file);
    }
  });
});

describe("web", () => {
  it("takes a request and gives a response", async () => {
    assert.equal((await host.get("/web/x?wait=20")).text(), "Hello from /web/x\n");
    const answer = await host.post("/web").json({ name: "Ada" });
    assert.equal(answer.status, 201);
    assert.equal(answer.header("x-form"), "web");
    assert.deepEqual(answer.json(), { hello: "Ada", id: answer.requestId });
  });
});

describe("webhooks of Redwood's", () => {
  const cases = [
    ["discourse-webhook", "discourse", SECRETS.DISCOURSE_WEBHOOK_SECRET],
    ["stripe-webhook", "stripe", SECRETS.STRIPE_WEBHOOK_SECRET],
    ["netlify-webhook", "netlify", SECRETS.NETLIFY_DEPLOY_WEBHOOK_SECRET],
    ["clerk-webhook", "clerk", CLERK],
  ];
  for (const [name, scheme, secret] of cases) {
    it(`${name} runs unchanged, and only for what is genuine`, async () => {
      const genuine = await host.post(`/${name}`).json({ id: name }).signed(scheme, secret);
      assert.equal(genuine.status, 200, genuine.logs.map(({ message }) => message).join("\n"));
      assert.deepEqual(genuine.json(), { data: { id: name } });
      const guessed = scheme === "clerk" ? `whsec_${Buffer.from("guessed").toString("base64")}` : "guessed";
      const forged = await host.post(`/${name}`).json({ id: name }).signed(scheme, guessed);
      assert.equal(forged.status, 401);
      assert.equal(forged.instances, 0);
    });
  }

  it("orbit-webhook takes an activity", async () => {
    const post = () => host.post("/orbit-webhook").json({}).signed("orbit", SECRETS.ORBIT_WEBHOOK_SECRET);
    assert.equal((await post().header("X-Orbit-Event-Type", "activity:created")).status, 200);
    assert.equal((await post().header("X-Orbit-Event-Type", "member:created")).status, 400);
  });
});

/** A message of QStash, as it signs it for this URL. */
function message(body, key, sub) {
  const now = Math.floor(Date.now() / 1000);
  const hash = createHash("sha256").update(body).digest("base64url");
  const claims = { iss: "Upstash", sub, exp: now + 300, nbf: now - 1, iat: now, jti: `jwt_${body}`, body: hash };
  const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("qstash", () => {
  const keys = [SECRETS.QSTASH_CURRENT_SIGNING_KEY, SECRETS.QSTASH_NEXT_SIGNING_KEY];

  it("works on a message that either key has signed", async () => {
    for (const [at, key] of keys.entries()) {
      const body = `message ${at}`;
      const jwt = message(body, key, "https://functions.example/qstash");
      const answer = await host.post("/qstash").body(body).header("Upstash-Signature", jwt).header("Upstash-Message-Id", `msg_${at}`);
      assert.equal(answer.status, 200, answer.reason);
      assert.match(answer.logs[0].message, new RegExp(`: ${body}$`));
    }
  });

  it("by hand, with the keys that its policy grants", async () => {
    const send = (key) => {
      const jwt = message("work", key, "https://functions.example");
      return host.post("/qstash-manual").body("work").header("host", "functions.example").header("upstash-signature", jwt);
    };
    for (const key of keys) {
      assert.equal((await send(key)).status, 200);
    }
    const forged = await send("sig_other");
    assert.deepEqual([forged.status, forged.json()], [401, { error: "the signature is wrong" }]);
    assert.equal(forged.logs.length, 1, "the current key's reason is in the log");
  });
});

describe("update-order-status", () => {
  it("is refused without a signature, and says what is wrong with an order", async () => {
    const update = () => host.post("/update-order-status").json({ trackingNumber: "1ZP5", status: "DELIVERED" });
    assert.equal((await update()).status, 401);
    const body = '{"trackingNumber":"1ZP5","status":"DELIVERED"}';
    const hash = createHmac("sha256", SECRETS.WEBHOOK_SECRET).update(body).digest("hex");
    const answer = await update().header("x-webhook-signature", `sha256=${hash}`);
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.json(), { message: "Unable to update the order status", reason: "there is no order of this tracking number" });
  });
});

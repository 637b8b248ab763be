import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, it } from "node:test";

import { mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./qstash-manual.ts";

const KEYS = { QSTASH_CURRENT_SIGNING_KEY: "sig_now", QSTASH_NEXT_SIGNING_KEY: "sig_next" };
const URL = "https://functions.example";
Object.assign(process.env, KEYS);
after(() => Object.keys(KEYS).forEach((name) => delete process.env[name]));

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(body, key, changed = {}) {
  const now = Math.floor(Date.now() / 1000);
  const hash = createHash("sha256").update(body).digest("base64url");
  const claims = { iss: "Upstash", sub: URL, exp: now + 300, nbf: now - 1, body: `${hash}=`, ...changed };
  const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

const send = (payload, signature) =>
  handler(mockHttpEvent({ httpMethod: "POST", payload, headers: { host: "functions.example", "upstash-signature": signature } }));

it("takes what either key has signed", async () => {
  for (const key of Object.values(KEYS)) {
    assert.equal((await send("work", token("work", key))).statusCode, 200);
  }
});

it("refuses all else, saying why", async () => {
  // What is wrong for the current key is in the log; the answer says what is for the next.
  const key = KEYS.QSTASH_NEXT_SIGNING_KEY;
  for (const [signature, words] of [
    ["", /no JWT/],
    [token("work", "sig_other"), /the signature is wrong/],
    [token("other work", key), /of another body/],
    [token("work", key, { exp: 1 }), /not valid now/],
    [token("work", key, { exp: undefined }), /not valid now/],
    [token("work", key, { sub: "https://elsewhere.example" }), /for https:\/\/elsewhere\.example/],
    [token("work", key, { iss: "somebody" }), /of somebody/],
  ]) {
    const answer = await send("work", signature);
    assert.equal(answer.statusCode, 401);
    assert.match(answer.body, words);
  }
});

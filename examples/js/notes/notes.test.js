import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { mockContext, mockHttpEvent, reset } from "@vestibule/function/testing";

import { handler } from "./notes.js";

beforeEach(reset);

const signedIn = () => mockContext({ identity: { provider: "demo", subject: "ada", claims: { email: "ada@example.com" } } });

const call = async (httpMethod, id, payload, context = signedIn()) => {
  const answer = await handler(mockHttpEvent({ httpMethod, payload, pathParameters: { proxy: id || undefined } }), context);
  return { status: answer.statusCode, body: answer.body && JSON.parse(answer.body) };
};

it("refuses whoever is not signed in", async () => {
  assert.equal((await call("GET", "", null, mockContext())).status, 401);
});

it("refuses methods that are not there", async () => {
  assert.equal((await call("PATCH", "")).status, 405);
});

it("keeps, changes and removes notes", async () => {
  const { status, body } = await call("POST", "", { text: "milk" });
  assert.equal(status, 201);
  assert.deepEqual((await call("GET", "")).body, [{ id: body.id, text: "milk" }]);
  assert.equal((await call("PUT", body.id, { text: "oat milk" })).body.text, "oat milk");
  assert.deepEqual((await call("GET", body.id)).body, { id: body.id, text: "oat milk" });
  assert.equal((await call("DELETE", body.id)).status, 204);
  assert.equal((await call("GET", body.id)).status, 404);
});

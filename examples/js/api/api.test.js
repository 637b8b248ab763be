import assert from "node:assert/strict";
import { it } from "node:test";

import api from "./api.js";

const ask = async (method, subpath, payload) => {
  const body = payload === undefined || typeof payload === "string" ? payload : JSON.stringify(payload);
  const response = await api.fetch(new Request(`http://localhost/api${subpath}`, { method, body }), { subpath });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
};

it("reads all notes and one", async () => {
  assert.deepEqual((await ask("GET", "/notes")).json.map(({ id }) => id), [1, 2]);
  const one = await ask("GET", "/notes/2");
  assert.equal(one.json.title, "Shopping");
  assert.equal(one.headers.get("cache-control"), "no-store");
});

it("takes a note and says where it is", async () => {
  const taken = await ask("POST", "/notes", { title: " Milk " });
  assert.equal(taken.status, 201);
  assert.equal(taken.headers.get("location"), "/api/notes/3");
  assert.deepEqual(taken.json, { id: 3, title: "Milk", text: "" });
  assert.deepEqual((await ask("PUT", "/notes/1", { title: "New" })).json, { id: 1, title: "New", text: "" });
  assert.equal((await ask("DELETE", "/notes/1")).status, 204);
});

it("says what is wrong with a note", async () => {
  for (const payload of ["{", "[]", "null", { title: "" }, { title: "x".repeat(81) }, { title: "a", more: 1 }, { title: 7 }]) {
    const { status, json } = await ask("POST", "/notes", payload);
    assert.equal(status, 400);
    assert.match(json.error, /^(body|title): /);
  }
});

it("refuses what is not there", async () => {
  for (const [method, subpath, status] of [
    ["GET", "", 404], ["GET", "/notes/9", 404], ["PATCH", "/notes", 405], ["POST", "/notes/1", 405], ["GET", "/other", 404],
  ]) {
    assert.equal((await ask(method, subpath)).status, status, `${method} ${subpath}`);
  }
});

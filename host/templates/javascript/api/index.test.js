// The API as a client sees it. Each test has a store of its own, which is empty at first.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, it } from "node:test";

import { mockContext, mockHttpEvent, reset } from "@vestibule/function/testing";

import { handler } from "./index.EXT";

// A note as a client sends it.
const NOTE = readFileSync(new URL("fixtures/example.json", import.meta.url), "utf8");

const ask = (httpMethod, subpath, payload) =>
  handler(mockHttpEvent({ httpMethod, path: `/NAME${subpath}`, payload }), mockContext({ event: { subpath } }));

beforeEach(reset);

it("keeps, changes and removes a note", async () => {
  const note = { id: 1, title: "Keys", text: "The spare one is under the pot." };
  const added = await ask("POST", "/notes", NOTE);
  assert.deepEqual([added.statusCode, added.headers.location, added.body], [201, "/NAME/notes/1", note]);
  assert.deepEqual((await ask("GET", "/notes/1")).body, note);
  assert.deepEqual((await ask("GET", "/notes")).body, [note]);

  const changed = await ask("PUT", "/notes/1", { title: " Rent " });
  assert.deepEqual(changed.body, { id: 1, title: "Rent", text: "" });

  assert.equal((await ask("DELETE", "/notes/1")).statusCode, 204);
  assert.equal((await ask("GET", "/notes/1")).statusCode, 404);
  assert.equal((await ask("DELETE", "/notes/1")).statusCode, 404);
  assert.deepEqual((await ask("GET", "/notes")).body, []);
});

it("says what is wrong with a note", async () => {
  for (const [payload, reason] of [
    ["title=Rent", "body: "],
    ["null", "body: write "],
    ["{}", 'body: write {"title": '],
    ['{"title": "Rent", "colour": "red"}', "body: write "],
    ['{"title": "  "}', "title: write 1 to 80 characters"],
    ['{"title": "Rent", "text": 7}', "text: write a text"],
  ]) {
    const { statusCode, body } = await ask("POST", "/notes", payload);
    assert.equal(statusCode, 400, payload);
    assert.ok(body.error.startsWith(reason), body.error);
  }
});

it("names the methods that a path has", async () => {
  const listed = await ask("PATCH", "/notes");
  assert.deepEqual([listed.statusCode, listed.headers.allow], [405, "GET, HEAD, POST"]);
  const one = await ask("POST", "/notes/1");
  assert.deepEqual([one.statusCode, one.headers.allow], [405, "GET, HEAD, PUT, DELETE"]);
});

it("finds nothing at other paths", async () => {
  for (const subpath of ["", "/", "/note", "/notes/1", "/notes/one", "/notes/01", "/notes/1/2"]) {
    const { statusCode, headers } = await ask("GET", subpath);
    assert.deepEqual([statusCode, headers["cache-control"]], [404, "no-store"], subpath);
  }
});

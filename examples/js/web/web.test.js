import assert from "node:assert/strict";
import { it } from "node:test";

import web from "./web.js";

it("greets", async () => {
  const response = await web.fetch(new Request("http://localhost/web"), {});
  assert.equal(await response.text(), "Hello from /web\n");
});

it("greets by name", async () => {
  const request = new Request("http://localhost/web", { method: "POST", body: JSON.stringify({ name: "Ada" }) });
  const response = await web.fetch(request, { requestId: "1" });
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { hello: "Ada", id: "1" });
});

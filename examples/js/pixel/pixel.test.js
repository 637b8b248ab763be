import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./pixel.js";

const file = readFileSync(new URL("pixel.png", import.meta.url));

it("gives the picture, in base64 or as it is", async () => {
  const encoded = await handler(mockHttpEvent());
  assert.deepEqual(Buffer.from(encoded.body, "base64"), file);
  const raw = await handler(mockHttpEvent({ queryStringParameters: { raw: "1" } }));
  assert.deepEqual(Buffer.from(raw.body), file);
  assert.equal(raw.isBase64Encoded, false);
});

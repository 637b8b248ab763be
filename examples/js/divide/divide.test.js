import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { mockHttpEvent } from "@vestibule/function/testing";

import { handler } from "./divide.ts";

const divide = (queryStringParameters) => handler(mockHttpEvent({ queryStringParameters }));

describe("divide", () => {
  it("divides two numbers", async () => {
    const { statusCode, body } = await divide({ dividend: "20", divisor: "5" });
    assert.equal(statusCode, 200);
    assert.deepEqual(body, { message: "20 / 5 = 4", quotient: 4 });
  });

  it("requires a dividend and a divisor", async () => {
    for (const query of [{ divisor: "5" }, { dividend: "20" }, {}]) {
      const { statusCode, body } = await divide(query);
      assert.equal(statusCode, 400);
      assert.match(body.message, /Please specify both/);
      assert.equal(body.quotient, undefined);
    }
  });

  it("requires whole numbers", async () => {
    for (const divisor of ["ten", "", "2.5", "5 apples"]) {
      assert.equal((await divide({ dividend: "20", divisor })).statusCode, 400);
    }
  });

  it("cannot divide by 0", async () => {
    const { statusCode, body } = await divide({ dividend: "20", divisor: "0" });
    assert.equal(statusCode, 500);
    assert.match(body.message, /Could not divide/);
  });
});

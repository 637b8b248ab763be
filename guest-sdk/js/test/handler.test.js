// What a handler gets and what it may return, without a component.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { answer } from "../src/handler/answer.js";
import { lambdaContext } from "../src/handler/context.js";
import { lambdaEvent, queryPairs } from "../src/handler/event.js";
import { answerWith } from "../src/handler/forms.js";
import { webContext } from "../src/handler/web.js";

const EVENT = { method: "GET", path: "/f", subpath: "", params: [], query: "", headers: [], body: new Uint8Array(), client: "192.0.2.7" };
const CONTEXT = {
  requestId: "r1", function: "f", version: "0".repeat(64), deadline: Date.now() + 5000, trigger: { tag: "http" }, delivery: null, identity: null,
};
const IDENTITY = { provider: "demo", subject: "ada", roles: ["admin"], claims: '{"email":"ada@example.com","roles":["x"]}' };

describe("the query", () => {
  it("is read as URLSearchParams reads it", () => {
    const queries = ["", "a", "a=", "=a", "a=1&a=2", "&&a=1&", "a=b=c", "a+b=c+d", "%61=%C3%A9", "a=%zz", "a=%", "a=%e4", "a=%E2%82", "a=1?b=2", "a[]=1&a[]=2"];
    for (const query of queries) {
      assert.deepEqual(queryPairs(query), [...new URLSearchParams(query)], query);
    }
  });
});

describe("the event", () => {
  it("names the route as API Gateway does", () => {
    const resource = (name, subpath = "", params = []) => {
      const event = lambdaEvent({ ...EVENT, subpath, params }, { ...CONTEXT, function: name });
      return [event.resource, event.pathParameters];
    };
    assert.deepEqual(resource("hello"), ["/hello", null]);
    assert.deepEqual(resource("index"), ["/", null]);
    assert.deepEqual(resource("orders/[id]", "", [["id", "7"]]), ["/orders/{id}", { id: "7" }]);
    assert.deepEqual(resource("docs/[...page]", "", [["page", "a/b"]]), ["/docs/{page+}", { page: "a/b" }]);
    assert.deepEqual(resource("api", "/notes/a%20b"), ["/api/{proxy+}", { proxy: "notes/a b" }]);
    assert.deepEqual(resource("api", "/"), ["/api", null]);
  });

  it("joins headers as node does, and keeps them apart beside that", () => {
    const headers = [["a", "1"], ["a", "2"], ["cookie", "x=1"], ["cookie", "y=2"]];
    const event = lambdaEvent({ ...EVENT, headers }, CONTEXT);
    assert.deepEqual(event.headers, { a: "1, 2", cookie: "x=1; y=2" });
    assert.deepEqual(event.multiValueHeaders, { a: ["1", "2"], cookie: ["x=1", "y=2"] });
  });

  it("knows the caller, in every dialect", () => {
    const context = { ...CONTEXT, identity: IDENTITY };
    const { authorizer } = lambdaEvent(EVENT, context).requestContext;
    assert.deepEqual(authorizer, { principalId: "ada", provider: "demo", roles: ["admin"], claims: { email: "ada@example.com", roles: ["x"] } });
    const made = lambdaContext(EVENT, context, () => {});
    assert.deepEqual(made.clientContext.user, { email: "ada@example.com", roles: ["x"], sub: "ada" });
    assert.deepEqual(made.currentUser, { email: "ada@example.com", roles: ["admin"], sub: "ada" });
    assert.equal(lambdaContext(EVENT, CONTEXT, () => {}).currentUser, null);
  });

  it("is there as the contract has it, and not in what is written down of a context", () => {
    const contexts = [lambdaContext(EVENT, CONTEXT, () => {}), webContext(EVENT, CONTEXT, [])];
    for (const context of contexts) {
      assert.equal(context.vestibule.event, EVENT);
      assert.equal(context.vestibule.context, CONTEXT);
      assert.ok(!("vestibule" in JSON.parse(JSON.stringify(context))));
    }
  });
});

const text = ({ body }) => new TextDecoder().decode(body);

describe("the answer", () => {
  const cases = [
    ["a text", { statusCode: 201, body: "é" }, 201, [["content-type", "text/plain; charset=utf-8"]], "é"],
    ["an object as the body", { body: { a: 1 } }, 200, [["content-type", "application/json"]], '{"a":1}'],
    ["bytes", { body: Uint8Array.of(65) }, 200, [["content-type", "application/octet-stream"]], "A"],
    ["base64", { body: "QUI=", isBase64Encoded: true, headers: { "Content-Type": "text/x" } }, 200, [["Content-Type", "text/x"]], "AB"],
    ["no body", { statusCode: 204 }, 204, [], ""],
    ["a status as a text", { statusCode: "404", body: "" }, 404, [], ""],
    ["lists of headers", { statusCode: 200, headers: { a: "1", b: 2, c: null }, multiValueHeaders: { A: ["x", "y"] }, cookies: ["k=v"] }, 200,
      [["b", "2"], ["A", "x"], ["A", "y"], ["set-cookie", "k=v"]], ""],
    ["a plain object", { hello: 1 }, 200, [["content-type", "application/json"]], '{"hello":1}'],
    ["a plain text", "hello", 200, [["content-type", "application/json"]], '"hello"'],
    ["half a pair", { headers: { a: "\ud800" }, body: "\ud800" }, 200, [["a", "\ufffd"], ["content-type", "text/plain; charset=utf-8"]], "\ufffd"],
  ];
  for (const [name, given, status, headers, body] of cases) {
    it(name, () => {
      const made = answer(given);
      assert.deepEqual([made.status, made.headers, text(made)], [status, headers, body]);
    });
  }

  it("a Response", async () => {
    const given = new Response("web", { status: 418, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
    const made = await answer(given);
    assert.equal(made.status, 418);
    assert.deepEqual(made.headers.filter(([name]) => name === "set-cookie"), [["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
    assert.equal(text(made), "web");
  });

  it("what is none says what to return", () => {
    for (const [given, words] of [
      [undefined, /the handler returned undefined: return \{ statusCode: 200/],
      [null, /returned null/],
      [() => {}, /returned a function/],
      [{ statusCode: 1.5 }, /statusCode 1.5: write a whole number from 200 to 599/],
      [{ headers: [] }, /headers that are no object/],
      [{ headers: { a: {} } }, /the header a with a value that is no text/],
      [{ cookies: "a=1" }, /cookies that are no list/],
      [{ body: "no base64!", isBase64Encoded: true }, /is not base64/],
    ]) {
      assert.throws(() => answer(given), words);
    }
  });
});

describe("the forms of a handler", () => {
  const call = async (module) => (await answerWith(module)(EVENT, CONTEXT)).value;

  it("are found, Lambda's first", async () => {
    assert.deepEqual(await call({ handler: () => ({ statusCode: 1 }), default: () => new Response("2") }), { statusCode: 1 });
    assert.deepEqual(await call({ default: { handler: () => ({ statusCode: 3 }) } }), { statusCode: 3 });
    assert.equal(await (await call({ default: { fetch: (request) => new Response(request.url) } })).text(), "http://localhost/f");
    assert.equal(await (await call({ default: (request, ctx) => new Response(ctx.ip) })).text(), "192.0.2.7");
  });

  it("of the web answer whatever a client says", async () => {
    const asked = async (odd) => {
      const module = { default: (request) => new Response(`${request.method} ${request.url}`) };
      return (await (await answerWith(module)({ ...EVENT, ...odd }, CONTEXT)).value).text();
    };
    // What is no host of a URL, and what would move the path.
    for (const host of ["localhost:99999", "localhost:port", "", "a b", "a.b/x?", "a.b#", "a.b\\x", "ada:pass@a.b"]) {
      assert.equal(await asked({ headers: [["host", host]] }), "GET http://localhost/f", host);
    }
    assert.equal(await asked({ headers: [["host", "[::1]:3000"]] }), "GET http://[::1]:3000/f");
    for (const method of ["TRACK", "track", "PURGE"]) {
      assert.equal(await asked({ method }), `${method} http://localhost/f`);
      assert.equal(await asked({ method, body: new Uint8Array([97]) }), `${method} http://localhost/f`);
    }
  });

  it("of old call back", async () => {
    assert.equal(await call({ handler: (event, context, callback) => void callback(null, "called") }), "called");
    assert.equal(await call({ handler: (event, context) => void context.succeed("succeeded") }), "succeeded");
    await assert.rejects(call({ handler: (event, context, callback) => void callback("an error") }), /an error/);
  });

  it("that are none are named", () => {
    assert.throws(() => answerWith({ main: 1 }), /it exports main\): write `export const handler/);
    assert.throws(() => answerWith({}), /it exports nothing/);
    assert.throws(() => answerWith({ handler: "text" }), /its `handler` is no function but of type string/);
  });
});

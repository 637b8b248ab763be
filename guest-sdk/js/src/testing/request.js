/**
 * A request to a host under test, signed as its sender does, and the answer with what the host's log says of it. Which host, and what
 * it serves, is `host.js`'s business.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";

import { runHost } from "./process.js";

/** The variable in which `host sign` gets the secret. */
const SIGNING = "VESTIBULE_TEST_SECRET";

/** How many sandboxes of functions a host has made so far. */
export async function instancesOf(serving) {
  const { body } = await send(`${serving.admin}/metrics`, "GET", [], null);
  return Number(/^vestibule_instances_created_total (\d+)$/m.exec(body.toString())?.[1] ?? 0);
}

/** A request that is sent when it is awaited. */
export class Request {
  #serving;
  #folder;
  #method;
  #path;
  #headers = [];
  #body = null;
  #signing;
  #more = [];
  #publicUrl;
  #sent = null;

  constructor(serving, folder, method, path, signing, publicUrl) {
    this.#serving = serving;
    this.#folder = folder;
    this.#method = method;
    this.#path = path;
    this.#signing = signing;
    this.#publicUrl = publicUrl;
  }

  /** One more header; `host` in the place of the one that would be there. */
  header(name, value) {
    this.#headers.push([name, value]);
    return this;
  }

  /** One more parameter of the query. */
  query(name, value) {
    this.#path += `${this.#path.includes("?") ? "&" : "?"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    return this;
  }

  /** The body, a text or bytes. */
  body(body) {
    this.#body = Buffer.from(body);
    return this;
  }

  /** The body, as JSON. */
  json(value) {
    return this.header("content-type", "application/json").body(JSON.stringify(value));
  }

  /** The body, as a form. */
  form(pairs) {
    return this.header("content-type", "application/x-www-form-urlencoded").body(String(new URLSearchParams(pairs)));
  }

  /** Signs it as a sender of this scheme does, any of those of `host sign`. */
  signed(scheme, secret) {
    this.#signing = { scheme, secret };
    return this;
  }

  /** Does not sign it, though the host's requests are. */
  unsigned() {
    this.#signing = null;
    return this;
  }

  /** The delivery's id, for schemes that sign it or send it. */
  deliveryId(id) {
    this.#more.push("--id", id);
    return this;
  }

  /** The kind of event, for schemes that send it in a header. */
  eventType(type) {
    this.#more.push("--event", type);
    return this;
  }

  /** When it is signed, in Unix seconds. */
  signedAt(seconds) {
    this.#more.push("--at", String(seconds));
    return this;
  }

  then(onAnswer, onError) {
    this.#sent ??= this.#send();
    return this.#sent.then(onAnswer, onError);
  }

  catch(onError) {
    return this.then(undefined, onError);
  }

  finally(onEnd) {
    this.#sent ??= this.#send();
    return this.#sent.finally(onEnd);
  }

  #sign(url) {
    const { scheme, secret } = this.#signing;
    const out = join(this.#folder, "signed-body");
    rmSync(out, { force: true });
    const args = ["sign", scheme, "--secret-env", SIGNING, "--method", this.#method, "--url", url, "--body-out", out, ...this.#more];
    const written = runHost(args, { cwd: this.#folder, secrets: { [SIGNING]: secret }, input: this.#body ?? new Uint8Array() });
    for (const line of written.split("\n").filter((line) => line !== "")) {
      const at = line.indexOf(":");
      const name = line.slice(0, at);
      // What the sender says counts: a second content-type would be none.
      this.#headers = this.#headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase());
      this.header(name, line.slice(at + 1).trim());
    }
    if (existsSync(out)) {
      this.#body = readFileSync(out);
    }
  }

  async #send() {
    const url = this.#serving.url + this.#path;
    if (this.#signing !== null) {
      this.#sign((this.#publicUrl ?? this.#serving.url) + this.#path);
    }
    const before = await instancesOf(this.#serving);
    const answer = await send(url, this.#method, this.#headers, this.#body);
    const requestId = answer.headers.find(([name]) => name === "x-request-id")?.[1] ?? "";
    const record = await this.#serving.accessed(requestId);
    const after = await instancesOf(this.#serving);
    return new Answer(answer, requestId, record, this.#serving.logged(requestId), after - before);
  }
}

/** An answer, and what the host's log says of the request. */
class Answer {
  constructor({ status, headers, body }, requestId, record, lines, instances) {
    this.status = status;
    /** Names in lower case and values, in their order. */
    this.headers = headers;
    /** The bytes. */
    this.body = body;
    this.requestId = requestId;
    /** How it ended: `ok`, `error`, `trap`, `timeout`, `out_of_memory`, `refused`, … */
    this.outcome = record.outcome;
    /** Why, where there is a reason. */
    this.reason = record.reason;
    /** The gate that refused it. */
    this.stage = record.stage;
    /** Lines of the log: `level`, `message`, `context`, `source`. */
    this.logs = lines;
    /** How many sandboxes it took. */
    this.instances = instances;
  }

  /** The first value of a header, or null. */
  header(name) {
    return this.headers.find(([one]) => one === name.toLowerCase())?.[1] ?? null;
  }

  /** The body as a text. */
  text() {
    return this.body.toString("utf8");
  }

  /** The body, read as JSON. */
  json() {
    return JSON.parse(this.text());
  }
}

/** Sends a request as it is: no redirects, nothing added but what HTTP wants. */
function send(url, method, headers, body) {
  return new Promise((resolve, reject) => {
    const lines = headers.flat();
    const request = httpRequest(url, { method, agent: false, headers: withLength(url, lines, body) }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const pairs = [];
        for (let at = 0; at < response.rawHeaders.length; at += 2) {
          pairs.push([response.rawHeaders[at].toLowerCase(), response.rawHeaders[at + 1]]);
        }
        resolve({ status: response.statusCode, headers: pairs, body: Buffer.concat(parts) });
      });
    });
    request.on("error", reject);
    request.end(body ?? undefined);
  });
}

/** Header lines as they are to be sent; node adds nothing to a list of them. */
function withLength(url, lines, body) {
  const length = body === null ? [] : ["content-length", String(body.length)];
  // A function that asks what it is called has to hear what the test says.
  const named = lines.some((line, at) => at % 2 === 0 && line.toLowerCase() === "host");
  return [...(named ? [] : ["host", new URL(url).host]), ...lines, ...length];
}

/**
 * Tests of built components: served by the command `host`, with the gates, limits and words of production. The words are those of
 * the Rust crate `vestibule-test`.
 *
 * ```js
 * const host = await Host.with("functions/hooks.wasm").secret("HOOKS_SECRET", "s3cret").start();
 * const answer = await host.post("/hooks").json({ ref: "main" }).signed("github", "s3cret");
 * assert.equal(answer.status, 200);
 * await host.stop();
 * ```
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { Serving, runHost } from "./process.js";
import { Request, instancesOf } from "./request.js";

/** How many sandboxes there are at once: each reserves address space, and a test needs few. */
const SETTINGS = "[server]\nconcurrency = 16\n";

/** What a host is to serve, before it is started. */
class Builder {
  #functions = [];
  #secrets = {};
  #settings = "";
  #seeds = [];
  #signing = null;
  #publicUrl = null;

  constructor(component) {
    this.and(component);
  }

  /** One more function. */
  and(component) {
    this.#functions.push({ component, route: basename(component, ".wasm"), policy: null });
    return this;
  }

  #last() {
    return this.#functions[this.#functions.length - 1];
  }

  /** The route of the function that was named last, without the leading `/`: `orders/[id]`. */
  route(route) {
    this.#last().route = route;
    return this;
  }

  /** The policy of the function that was named last, as its text; else it is the file beside the component. */
  policy(text) {
    this.#last().policy = text;
    return this;
  }

  /** A secret, by name. */
  secret(name, value) {
    this.#secrets[name] = value;
    return this;
  }

  /** The host's settings, as the text of a `host.toml`. */
  settings(text) {
    this.#settings = text;
    return this;
  }

  /** A value in a store, before the host starts. */
  store(store, key, value) {
    this.#seeds.push({ store, key, value });
    return this;
  }

  /** Signs every request from now on. */
  signed(scheme, secret) {
    this.#signing = { scheme, secret };
    return this;
  }

  /** Where senders believe the host to be, for schemes that sign the URL: `https://hooks.example.com`. */
  publicUrl(url) {
    this.#publicUrl = url.replace(/\/+$/, "");
    return this;
  }

  /** Starts the host, and waits until it listens. */
  async start() {
    const folder = mkdtempSync(join(tmpdir(), "vestibule-test-"));
    try {
      for (const { component, route, policy } of this.#functions) {
        const to = join(folder, "functions", `${route}.wasm`);
        mkdirSync(dirname(to), { recursive: true });
        writeFileSync(join(folder, "functions", `${route}.toml`), policy ?? policyBeside(component));
        copyFileSync(component, to);
      }
      const site = this.#publicUrl === null ? "" : `public_url = ${JSON.stringify(this.#publicUrl)}\n`;
      writeFileSync(join(folder, "host.toml"), site + (this.#settings === "" ? SETTINGS : this.#settings));
      const place = ["store", "--functions", "functions", "--config", "host.toml", "set", "--"];
      for (const { store, key, value } of this.#seeds) {
        runHost([...place, store, key, "-"], { cwd: folder, input: Buffer.from(value) });
      }
      return new Host(await Serving.start(folder, this.#secrets), folder, this.#signing, this.#publicUrl);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function policyBeside(component) {
  const path = component.replace(/\.wasm$/, ".toml");
  if (!existsSync(path)) {
    throw new Error(`${component} has no policy beside it: write ${path}, or give one with .policy("…")`);
  }
  return readFileSync(path, "utf8");
}

/** A host under test. */
export class Host {
  #serving;
  #folder;
  #signing;
  #publicUrl;

  constructor(serving, folder, signing, publicUrl) {
    this.#serving = serving;
    this.#folder = folder;
    this.#signing = signing;
    this.#publicUrl = publicUrl;
  }

  /** A host that serves this component; then `.policy`, `.secret`, …, `.start()`. */
  static with(component) {
    return new Builder(component);
  }

  /** Where it listens: `http://127.0.0.1:…`. */
  get url() {
    return this.#serving.url;
  }

  get(path) {
    return this.request("GET", path);
  }

  post(path) {
    return this.request("POST", path);
  }

  /** A request, to be awaited. */
  request(method, path) {
    return new Request(this.#serving, this.#folder, method, path, this.#signing, this.#publicUrl);
  }

  /** How many sandboxes of functions were made so far. */
  async instances() {
    return instancesOf(this.#serving);
  }

  /** What the host has found wrong with what it serves. */
  problems() {
    return this.#serving.problems();
  }

  /** Ends the host. */
  async stop() {
    await this.#serving.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]() {
    await this.stop();
  }
}

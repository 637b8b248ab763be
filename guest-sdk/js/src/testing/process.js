/**
 * The command `host` as a process of a test: how it is found, started and ended, and what it writes. Knows nothing of functions.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** What of the test's environment the host sees: nothing that could be a secret of the machine. */
const PASSED = ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR"];

/**
 * The command: what `VESTIBULE_HOST` names, else `host` on `PATH`.
 *
 * @throws {Error} saying what to do
 */
export function findHost() {
  const named = process.env.VESTIBULE_HOST;
  if (named) {
    if (existsSync(named)) {
      return named;
    }
    throw new Error(`VESTIBULE_HOST is ${named}, and there is no such file`);
  }
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "host")).find(existsSync);
  if (found === undefined) {
    throw new Error("there is no command `host` on PATH: install Vestibule, or set VESTIBULE_HOST to where it is");
  }
  return found;
}

function environment(secrets) {
  const variables = Object.fromEntries(PASSED.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]));
  // All that functions say is kept, whatever the level of the log.
  return { ...variables, RUST_LOG: "info,vestibule::guest=trace", ...secrets };
}

/**
 * Runs the command to its end.
 *
 * @param {string[]} args
 * @param {{ cwd: string, secrets?: Record<string, string>, input?: Uint8Array }} options
 * @returns {string} what it wrote to standard output
 * @throws {Error} with what it wrote to standard error
 */
export function runHost(args, { cwd, secrets = {}, input = new Uint8Array() }) {
  const ended = spawnSync(findHost(), args, { cwd, input, env: environment(secrets), encoding: "utf8" });
  if (ended.error) {
    throw ended.error;
  }
  if (ended.status !== 0) {
    throw new Error(`host ${args[0]}: ${ended.stderr.trim()}`);
  }
  return ended.stdout;
}

/** A host that serves. */
export class Serving {
  #child;
  #ended;
  #wanted = new Map();
  #atExit;
  #lines = [];

  /**
   * Starts one, and waits until it listens.
   *
   * @param {string} cwd the folder with `functions` and `host.toml`
   * @param {Record<string, string>} secrets
   */
  static async start(cwd, secrets) {
    const serving = new Serving();
    await serving.#begin(cwd, secrets);
    return serving;
  }

  async #begin(cwd, secrets) {
    const args = ["serve", "functions", "--config", "host.toml", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"];
    this.#child = spawn(findHost(), args, { cwd, env: environment(secrets), stdio: ["ignore", "pipe", "pipe"] });
    const child = this.#child;
    this.#atExit = () => child.kill("SIGKILL");
    process.once("exit", this.#atExit);
    this.#ended = new Promise((resolve) => {
      child.once("close", resolve);
      child.once("error", resolve);
    });
    createInterface({ input: child.stderr }).on("line", (line) => this.#take(line));
    const addresses = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, what, url] = /^(listening|admin) on (http:\S+)$/.exec(line) ?? [];
        if (what === "listening") {
          this.url = url;
        } else if (what === "admin") {
          this.admin = url;
          resolve();
        }
      });
    });
    await Promise.race([addresses, this.#ended]);
    if (this.admin === undefined) {
      throw new Error(`the host has not started:\n${this.#lines.map((line) => line.text).join("\n")}`);
    }
    // A test that forgets to stop it ends all the same.
    child.unref();
    child.stdout.unref();
    child.stderr.unref();
  }

  #take(text) {
    let record = {};
    try {
      record = JSON.parse(text);
    } catch {
      // No line of the log; kept for whoever wants to know why it has not started.
    }
    this.#lines.push({ text, record });
    if (record.target === "vestibule::access" && this.#wanted.has(record.request_id)) {
      this.#wanted.get(record.request_id)(record);
      this.#wanted.delete(record.request_id);
    }
  }

  /** Waits for the line of the access log of this request, and returns it. */
  async accessed(requestId) {
    const known = this.#lines.find(({ record }) => record.target === "vestibule::access" && record.request_id === requestId);
    if (known !== undefined) {
      return known.record;
    }
    const { stderr } = this.#child;
    stderr.ref();
    try {
      return await Promise.race([new Promise((resolve) => this.#wanted.set(requestId, resolve)), this.#ended.then(() => ({}))]);
    } finally {
      stderr.unref();
    }
  }

  /** The lines that the function and the host wrote for this request. */
  logged(requestId) {
    return this.#lines.map(({ record }) => record).filter((record) => record.target === "vestibule::guest" && record.request_id === requestId);
  }

  /** What is wrong with what it serves. */
  problems() {
    return this.#lines.map(({ record }) => record).filter(({ level, target }) => level === "ERROR" && target !== "vestibule::guest").map(({ message, reason }) => reason ?? message);
  }

  /** Ends it and waits until it has ended. */
  async stop() {
    process.removeListener("exit", this.#atExit);
    this.#child.ref();
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}

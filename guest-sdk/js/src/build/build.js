/**
 * The build: from a file to a component, in one go. Loads the author's module in the snapshot if it can be, so that requests need
 * not; a module that asks while it is loaded for what only a request has (a variable, the time, randomness) is loaded in each
 * request instead.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

import { AT_BUILD } from "../runtime/words.js";
import { placeIn } from "../runtime/stack.js";
import { WHEN, bundle } from "./bundle.js";
import { LoadError, component } from "./component.js";
import { findEntry } from "./entry.js";
import { Problem } from "./problem.js";
import { isStamped, stampOf, stamped } from "./stamp.js";

/** In a request what is asked for at build time is there; these are the words of whoever asks. */
const ASKED = new RegExp(`${AT_BUILD}([^\\n]*)|Error: ([^\\n]*) is not there before a request`);

/**
 * @param {{ folder: string, entry?: string, out?: string, bundle?: boolean, quiet?: boolean }} options as typed
 * @throws {Problem} with everything that keeps it from being built
 */
export async function build(options) {
  const { folder, out, quiet } = options;
  if (out === undefined && !options.bundle) {
    throw Problem.use("where to? vestibule-build --out FILE.wasm");
  }
  const entry = findEntry(folder, options.entry);
  if (options.bundle) {
    process.stdout.write((await bundle({ entry, folder, when: WHEN.inSnapshot })).code);
    return;
  }
  const path = resolve(folder, out);
  const bundled = await bundle({ entry, folder, when: WHEN.inSnapshot });
  const stamp = stampOf(bundled.code);
  if (isStamped(path, stamp)) {
    tell(`${out} is up to date`);
    return;
  }
  const { bytes, asked } = await made(entry, folder, bundled);
  place(stamped(bytes, stamp), path, out);
  const when = asked === null ? "" : `, loaded in each request because it uses ${asked} when it is loaded`;
  tell(`${relative(folder, entry)} -> ${out} (${Math.round(bytes.length / 1024)} KiB${when})`);

  function tell(line) {
    if (quiet !== true) {
      process.stderr.write(`${line}\n`);
    }
  }
}

/** The component, and what its module asked for while it was loaded: null if nothing. */
async function made(entry, folder, bundled) {
  try {
    return { bytes: await load(bundled), asked: null };
  } catch (error) {
    if (!(error instanceof LoadError)) {
      throw error;
    }
    const asked = ASKED.exec(error.message);
    if (asked === null) {
      throw new Problem(`${relative(folder, entry)}: it cannot be loaded\n${indented(error.message)}`);
    }
    const later = await bundle({ entry, folder, when: WHEN.inRequest });
    return { bytes: await load(later), asked: asked[1] ?? asked[2] };
  }
}

function load({ code, table }) {
  return component(code, (line) => placeIn(table, line));
}

/** The error without what the engine says around it, and without the frames that are not the author's. */
function indented(text) {
  return text
    .replace(/^[^]*?module evaluation: /, "")
    .trim()
    .split("\n")
    .filter((line) => !line.includes("(the SDK)"))
    .map((line, at) => `${at === 0 ? "    " : "        "}${line.trim()}`)
    .join("\n");
}

/** Puts the component there whole or not at all: whoever watches the folder never sees a half. */
function place(bytes, path, shown) {
  const part = join(dirname(path), `.${basename(path)}.part`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(part, bytes);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new Problem(`${shown}: it cannot be written: ${error.message}`);
  }
}

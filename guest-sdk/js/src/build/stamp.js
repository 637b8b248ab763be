/**
 * From what a component was made, in the component: a custom section with the hash of the bundle, of the contract and of the tools,
 * and of the component itself. A build that would make the same again leaves the file as it is, so that its version stays, and no
 * host compiles it anew.
 *
 * For the same bundle gives other bytes each time, about 140 of 5.9 million: random numbers that the engine is given while the
 * snapshot is made (core-js has one in the name of a symbol, `IE_PROTO`), and the places of what is hashed with them. The tool, of
 * version 0.4.5, has no setting for a seed.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { OWN, contractFolder } from "./contract.js";

const NAME = "vestibule-bundle";
const require = createRequire(import.meta.url);

/** The files of the contract, in one order everywhere. */
function witFiles(folder, prefix = "") {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    return entry.isDirectory() ? witFiles(path, `${name}/`) : [{ name, path }];
  });
}

/**
 * The files that the world is made of: the contract's, and what the SDK lays beside it. The contract is packed into the SDK's
 * folder for npm, and counts once.
 */
export function worldFiles() {
  const own = witFiles(OWN, "javascript/").filter(({ name }) => !name.startsWith("javascript/contract/"));
  return [...witFiles(contractFolder()), ...own];
}

/** All that decides what a component does, as 64 hexadecimal digits. */
export function stampOf(code) {
  const hash = createHash("sha256");
  const add = (text) => hash.update(`${text.length}:`).update(text);
  add(code);
  add(JSON.stringify(require("componentize-qjs/package.json").version));
  for (const file of worldFiles()) {
    add(file.name);
    add(readFileSync(file.path, "utf8"));
  }
  return hash.digest("hex");
}

/** The section's bytes: a custom section (0) of a name and the stamp, both shorter than 128 bytes, so that lengths are one byte. */
function section(stamp) {
  const name = Buffer.from(NAME);
  const content = Buffer.from(stamp);
  return Buffer.concat([Buffer.from([0, 1 + name.length + content.length, name.length]), name, content]);
}

/** The stamp together with the bytes it stands for: a file that was cut off or changed since is made anew. */
function seal(bytes, stamp) {
  return createHash("sha256").update(stamp).update(bytes).digest("hex");
}

/** How long it is: all stamps are of one length. */
const SECTION = section("0".repeat(64)).length;

/** The component with its stamp at the end. */
export function stamped(bytes, stamp) {
  return Buffer.concat([bytes, section(seal(bytes, stamp))]);
}

/** Whether the file at this path is a component of exactly this stamp. */
export function isStamped(path, stamp) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch {
    return false;
  }
  const made = bytes.subarray(0, Math.max(0, bytes.length - SECTION));
  return bytes.subarray(made.length).equals(section(seal(made, stamp)));
}

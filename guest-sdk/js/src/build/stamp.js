/**
 * From what a component was made, in the component: a custom section with the hash of the bundle, of the contract and of the tools.
 * A build that would make the same again leaves the file as it is, so that its version stays, and no host compiles it anew: the
 * engine freezes a seed of its own into each snapshot, and the same bundle gives other bytes each time.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { contractFolder } from "./contract.js";

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

/** All that decides what a component does, as 64 hexadecimal digits. */
export function stampOf(code) {
  const hash = createHash("sha256");
  const add = (text) => hash.update(`${text.length}:`).update(text);
  add(code);
  add(JSON.stringify(require("componentize-qjs/package.json").version));
  for (const file of witFiles(contractFolder())) {
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

/** The component with its stamp at the end. */
export function stamped(bytes, stamp) {
  return Buffer.concat([bytes, section(stamp)]);
}

/** Whether the file at this path is a component of exactly this stamp. */
export function isStamped(path, stamp) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch {
    return false;
  }
  const end = section(stamp);
  return bytes.length > end.length && bytes.subarray(bytes.length - end.length).equals(end);
}

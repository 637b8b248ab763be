/**
 * Puts the contract and the licences into the package before npm packs it, and takes them away after that (`--remove`): outside of
 * the repository there is neither to be found, and in it a copy would only grow old.
 */
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const COPIES = {
  "wit/contract": "wit",
  LICENSE: "LICENSE",
  "LICENSE-APACHE": "LICENSE-APACHE",
  "LICENSE-MIT": "LICENSE-MIT",
};

for (const [copy, original] of Object.entries(COPIES)) {
  const to = fileURLToPath(new URL(`../${copy}`, import.meta.url));
  rmSync(to, { recursive: true, force: true });
  if (!process.argv.includes("--remove")) {
    cpSync(fileURLToPath(new URL(`../../../${original}`, import.meta.url)), to, { recursive: true });
  }
}

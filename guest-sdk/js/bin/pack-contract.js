/**
 * Puts the contract into the package before npm packs it: outside of the repository there is no `wit/` to be found.
 */
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const to = fileURLToPath(new URL("../wit/contract", import.meta.url));
rmSync(to, { recursive: true, force: true });
cpSync(fileURLToPath(new URL("../../../wit", import.meta.url)), to, { recursive: true });

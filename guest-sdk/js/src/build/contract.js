/**
 * The world that a component is built for, as the engine wants it: one folder, with the packages that it needs below `deps`. The
 * contract lies once in the repository (`wit/`) and is packed into what npm gets (`prepack`); here it is laid beside the SDK's own
 * part.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Problem } from "./problem.js";

/** The SDK's own part of the world. */
export const OWN = fileURLToPath(new URL("../../wit", import.meta.url));

/** Where the contract may lie: two folders above the package in the repository and in a project's SDK sources; or in the package. */
const PLACES = ["../../../../wit", "../../wit/contract"].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** The folder of the contract. */
export function contractFolder() {
  const found = PLACES.find((place) => existsSync(join(place, "world.wit")));
  if (found === undefined) {
    throw new Problem(`the SDK is not whole: there is no world.wit in ${PLACES.join(" or ")}. Install it again`);
  }
  return found;
}

/** The world's name in there. */
export const WORLD = "javascript";

/**
 * Lays out the world, has `use` use it, and removes it.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withWorld(use) {
  const contract = contractFolder();
  const folder = mkdtempSync(join(tmpdir(), "vestibule-build-"));
  try {
    const deps = join(folder, "deps");
    cpSync(join(OWN, "javascript.wit"), join(folder, "javascript.wit"));
    cpSync(join(OWN, "deps"), deps, { recursive: true });
    cpSync(join(contract, "deps"), deps, { recursive: true });
    const own = join(deps, "vestibule-function");
    mkdirSync(own);
    for (const name of readdirSync(contract).filter((name) => name.endsWith(".wit"))) {
      cpSync(join(contract, name), join(own, name));
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

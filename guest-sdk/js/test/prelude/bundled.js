/**
 * A module of the prelude as it is in a component: bundled as the build bundles it, and evaluated where node's own classes cannot be
 * seen. The libraries below it would use those otherwise, and a test would compare node with itself.
 */
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

/** What a library could take from node instead of doing it by itself. */
const HIDDEN = ["Buffer", "URL", "URLSearchParams", "TextDecoder", "TextEncoder", "structuredClone", "process"];

/**
 * @param {string} file below `src/prelude/`
 * @returns {Promise<object>} what it exports
 */
export async function bundled(file) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`../../src/prelude/${file}`, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["vestibule", "workerd", "worker", "module"],
  });
  const saved = Object.fromEntries(HIDDEN.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  const code = Buffer.from(outputFiles[0].text).toString("base64");
  for (const name of HIDDEN) {
    delete globalThis[name];
  }
  try {
    return await import(`data:text/javascript;base64,${code}`);
  } finally {
    Object.defineProperties(globalThis, saved);
  }
}

/**
 * What node asks when it loads a module in a test. What node finds by itself is left to it.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

import { transform } from "esbuild";

import { REDWOOD, moduleFor } from "../prelude/modules.js";
import { fromSourceRoot } from "../build/resolve.js";

const TYPESCRIPT = /\.(ts|mts|tsx|jsx)$/;
const IMAGE = /\.(png|jpg|gif|ico|pdf|woff2|bin)$/;
const TEXT = /\.(txt|html|sql|graphql)$/;

/** Endings that TypeScript's imports leave out. */
const ENDINGS = [".ts", ".js", ".mjs", ".tsx", "/index.ts", "/index.js"];

export async function resolve(specifier, context, next) {
  const importer = context.parentURL?.startsWith("file:") ? fileURLToPath(context.parentURL) : null;
  if (specifier.startsWith("src/") && importer !== null) {
    const own = fromSourceRoot(specifier, importer);
    if (own !== null) {
      return { url: pathToFileURL(own).href, shortCircuit: true };
    }
  }
  if (Object.hasOwn(REDWOOD, specifier)) {
    return { url: pathToFileURL(moduleFor(specifier)).href, shortCircuit: true };
  }
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith(".")) {
      throw error;
    }
    for (const ending of ENDINGS) {
      try {
        return await next(specifier + ending, context);
      } catch {
        // The next one, then.
      }
    }
    throw error;
  }
}

export async function load(url, context, next) {
  if (!url.startsWith("file:")) {
    return next(url, context);
  }
  const path = fileURLToPath(url);
  const module = (source) => ({ format: "module", source, shortCircuit: true });
  if (TYPESCRIPT.test(path)) {
    const source = await readFile(path, "utf8");
    const { code } = await transform(source, { loader: path.endsWith("x") ? "tsx" : "ts", format: "esm", target: "node18", sourcefile: path, sourcemap: "inline" });
    return module(code);
  }
  if (TEXT.test(path)) {
    return module(`export default ${JSON.stringify(await readFile(path, "utf8"))};`);
  }
  if (IMAGE.test(path)) {
    return module(`export default Uint8Array.from(atob(${JSON.stringify(await readFile(path, "base64"))}), (char) => char.charCodeAt(0));`);
  }
  return next(url, context);
}

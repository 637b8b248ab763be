/**
 * What an import means in a component: the contract and WASI are the host's, the SDK is this one, node's modules and Redwood's are
 * those that the prelude supplies (`../prelude/modules.js`), and what nobody supplies ends the build with the import's name, its
 * place and what to do. Everything else is the bundler's business.
 */
import { statSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { moduleFor, whyNot } from "../prelude/modules.js";

const SDK = fileURLToPath(new URL("..", import.meta.url));
const NODE = new Set(builtinModules);
const BARE = /^[^./]/;

/** Endings that an import may leave out. */
const ENDINGS = ["", ".ts", ".tsx", ".js", ".mjs", ".jsx", ".json", "/index.ts", "/index.js"];

function isNodes(name) {
  return name.startsWith("node:") || NODE.has(name);
}

function unsupplied(name) {
  const reason = whyNot(name);
  return {
    text: `the import "${name}" is not there in a component${reason ? `: ${reason}` : ""}`,
    notes: [
      {
        text: `docs/languages.md lists what is supplied. If the code runs without it, say so in package.json: "vestibule": { "without": ["${name}"] }`,
      },
    ],
  };
}

/** Redwood's and others' `src/lib/x`: from the folder above the entry that has a `src`. */
export function fromSourceRoot(name, importer) {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    const found = ENDINGS.map((ending) => join(folder, name + ending)).find(isFile);
    if (found !== undefined) {
      return found;
    }
    if (folder === dirname(folder)) {
      return null;
    }
  }
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * The bundler's plugin.
 *
 * @param {string[]} without imports that the author can do without: using one throws
 */
export function imports(without) {
  const left = new Set(without);
  return {
    name: "vestibule-imports",
    setup(build) {
      build.onResolve({ filter: /^(wasi|vestibule):/ }, ({ path }) => ({ path, external: true }));
      build.onResolve({ filter: /^@vestibule\/function(\/|$)/ }, ({ path }) => {
        if (path === "@vestibule/function") {
          return { path: join(SDK, "index.js") };
        }
        return { errors: [{ text: `"${path}" is for tests and not for components: import it in a test file` }] };
      });
      build.onResolve({ filter: BARE }, ({ path, importer, kind }) => {
        if (kind === "entry-point") {
          return undefined;
        }
        if (left.has(path)) {
          return { path, namespace: "vestibule-without" };
        }
        const supplied = moduleFor(path);
        if (supplied !== null && !(path.startsWith("src/") && fromSourceRoot(path, importer))) {
          return { path: supplied };
        }
        if (isNodes(path)) {
          return { errors: [unsupplied(path)] };
        }
        const own = path.startsWith("src/") ? fromSourceRoot(path, importer) : null;
        return own === null ? undefined : { path: own };
      });
      build.onLoad({ filter: /.*/, namespace: "vestibule-without" }, ({ path }) => ({
        contents: `module.exports = new Proxy({}, { get(_, name) {
          if (name === "__esModule" || name === "default" || typeof name === "symbol") return undefined;
          throw new Error(${JSON.stringify(`"${path}" is not there in a component, and package.json says that the code runs without it: `)} + name + " was used");
        } });`,
        loader: "js",
      }));
    },
  };
}

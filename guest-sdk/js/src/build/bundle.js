/**
 * One file of JavaScript for the engine, made of the author's module, what it imports and the SDK. Knows the bundler and what the
 * engine lacks; the component is made in `component.js`.
 *
 * The engine's own promises never come to an end in a component (`../runtime/jobs.js`), so `async` and `await` become generators
 * here, which use the SDK's.
 */
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

import { lineTable } from "./lines.js";
import { Problem } from "./problem.js";
import { imports } from "./resolve.js";

const SDK = fileURLToPath(new URL("..", import.meta.url));

/** When the author's module is loaded. */
export const WHEN = { inSnapshot: "serveLoaded", inRequest: "serveLoading" };

const ENGINE = {
  format: "esm",
  platform: "neutral",
  target: "es2024",
  supported: { "async-await": false, "async-generator": false, "for-await": false, "top-level-await": false },
  mainFields: ["module", "main"],
  conditions: ["vestibule", "workerd", "worker", "module"],
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  loader: { ".html": "text", ".txt": "text", ".sql": "text", ".graphql": "text", ".bin": "binary", ".png": "binary", ".jpg": "binary",
    ".gif": "binary", ".ico": "binary", ".pdf": "binary", ".woff2": "binary" },
  charset: "utf8",
  legalComments: "none",
};

/** The module around the author's. What is imported first is evaluated first. */
function around(entry, when) {
  const from = (file) => JSON.stringify(join(SDK, file));
  const module = JSON.stringify(entry);
  const lines = [
    `import ${from("runtime/install.js")};`,
    `import ${from("prelude/index.js")};`,
    `import { ${when} } from ${from("runtime/component.js")};`,
  ];
  if (when === WHEN.inSnapshot) {
    lines.push(`import * as module from ${module};`, `export const handler = ${when}(module);`);
  } else {
    lines.push(`export const handler = ${when}(() => import(${module}));`);
  }
  return lines.join("\n");
}

/** What the author says about the build, in package.json under `vestibule`. */
function wishes(folder) {
  let text;
  try {
    text = readFileSync(join(folder, "package.json"), "utf8");
  } catch {
    return { without: [] };
  }
  let given;
  try {
    given = JSON.parse(text).vestibule ?? {};
  } catch (error) {
    throw new Problem(`package.json: ${error.message}`);
  }
  // What names the function is `host build`'s to read.
  const unknown = Object.keys(given).filter((key) => key !== "without" && key !== "route");
  if (unknown.length > 0) {
    const known = '"without": ["NAME OF AN IMPORT", …] and "route": "users/[id]"';
    throw new Problem(`package.json: vestibule.${unknown[0]} is no setting; there are ${known}`);
  }
  const { without = [] } = given;
  if (!Array.isArray(without) || without.some((name) => typeof name !== "string")) {
    throw new Problem('package.json: vestibule.without is a list of imports: "without": ["fs"]');
  }
  return { without };
}

/** The bundler's errors, as it shows them, with our words where its own would lead astray. */
async function explained(errors) {
  const messages = errors.map((error) => {
    if (error.text.startsWith("Top-level await")) {
      return { ...error, text: "await outside of a function is not supported in a component", notes: [{ text: "Put it into the handler, or into a function that the handler calls." }] };
    }
    const missing = /^Could not resolve "([^"]+)"/.exec(error.text);
    if (missing && !missing[1].startsWith(".") && !missing[1].startsWith("/")) {
      const name = missing[1].split("/").slice(0, missing[1].startsWith("@") ? 2 : 1).join("/");
      return { ...error, notes: [{ text: `npm install ${name}` }] };
    }
    return error;
  });
  const color = process.stderr.isTTY === true && process.env.NO_COLOR === undefined;
  const shown = await esbuild.formatMessages(messages, { kind: "error", color, terminalWidth: process.stderr.columns });
  return shown.join("").trimEnd();
}

async function run(options) {
  try {
    return await esbuild.build({ ...ENGINE, write: false, logLevel: "silent", ...options });
  } catch (error) {
    if (!Array.isArray(error.errors) || error.errors.length === 0) {
      throw error;
    }
    throw new Problem(await explained(error.errors));
  }
}

/** What an ES module exports, without what it imports; nothing for one of CommonJS, which only says so when it runs. */
async function exportsOf(entry, folder) {
  const { metafile } = await run({ entryPoints: [entry], bundle: false, metafile: true, outdir: folder, absWorkingDir: folder });
  return Object.values(metafile.outputs)[0].exports;
}

/**
 * @param {{ entry: string, folder: string, when: string }} what the author's module, the folder of the build, and one of `WHEN`
 * @returns {Promise<{ code: string, table: object }>} the file, and the table of its lines, which is in it, too
 * @throws {Problem} with everything that is wrong
 */
export async function bundle({ entry, folder, when }) {
  const { without } = wishes(folder);
  const names = await exportsOf(entry, folder);
  if (names.length > 0 && !names.includes("handler") && !names.includes("default")) {
    throw new Problem(
      `${relative(folder, entry)}: it exports ${names.join(", ")} and no handler: write \`export const handler = async (event, context) => …\` or \`export default { fetch(request, ctx) { … } }\``,
    );
  }
  const { outputFiles } = await run({
    stdin: { contents: around(entry, when), resolveDir: folder, sourcefile: "vestibule-entry.js" },
    bundle: true,
    absWorkingDir: folder,
    outfile: join(folder, "vestibule-bundle.js"),
    sourcemap: "external",
    sourcesContent: false,
    plugins: [imports(without)],
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  const table = lineTable(JSON.parse(text(".js.map")), (source) => nameOf(source, folder));
  const note = `globalThis[Symbol.for("vestibule.lines")] = ${JSON.stringify(table)};\n`;
  return { code: text(".js") + note, table };
}

/** A source as its author knows it: from the folder of the build; nothing for the SDK's. */
function nameOf(source, folder) {
  const path = resolve(folder, source);
  if (path.startsWith(SDK) || source.endsWith("vestibule-entry.js")) {
    return null;
  }
  return relative(folder, path);
}

#!/usr/bin/env node
/**
 * The command `vestibule-build`: reads what was typed, builds, and says in the exit code how it went. What building is, is in
 * `../src/build/`.
 */
import { parseArgs } from "node:util";

import { build } from "../src/build/build.js";
import { Problem } from "../src/build/problem.js";

const HELP = `Build a JavaScript or TypeScript function into a component

Usage: vestibule-build [ENTRY] --out FILE.wasm

Arguments:
  [ENTRY]  The function's file [default: \`source\` or \`main\` of package.json, else src/index.ts, src/index.js, index.ts,
           index.js, or the file that has the folder's name]

Options:
  -o, --out <FILE>  Where to write the component; it appears whole or not at all
      --bundle      Print the JavaScript that goes into the component, and build nothing
  -q, --quiet       Say nothing when all is well
  -h, --help        Print help
  -V, --version     Print the version

Examples:
  vestibule-build --out ../functions/divide.wasm           the function of this folder
  vestibule-build src/divide.ts --out functions/divide.wasm
  vestibule-build --bundle | less                          what is in it

Exit status: 0 when it is built, 1 if it cannot be, 64 on wrong use.
`;

const OPTIONS = {
  out: { type: "string", short: "o" },
  bundle: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
};

async function main(args) {
  let given;
  try {
    given = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw Problem.use(`${error.message.replace(/\.$/, "")}\nvestibule-build --help shows how it is used`);
  }
  const { values, positionals } = given;
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (positionals.length > 1) {
    throw Problem.use(`one file is built at a time, and there are ${positionals.length}: ${positionals.join(", ")}`);
  }
  await build({ ...values, entry: positionals[0], folder: process.cwd() });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Problem)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

/**
 * Which file a function begins with. Knows the layouts that people have; builds nothing.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";

import { Problem } from "./problem.js";

const ENDINGS = ["ts", "mts", "js", "mjs", "cjs", "tsx", "jsx"];

function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}

function packageIn(folder) {
  const path = join(folder, "package.json");
  if (!isFile(path)) {
    return {};
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Problem(`package.json: ${error.message}`);
  }
}

/** Names to try in a folder, the first that is there counts: as Redwood and Netlify name them, too. */
function candidates(folder) {
  const name = basename(folder);
  const stems = ["src/index", "index", `src/${name}`, name, "src/handler", "handler"];
  return stems.flatMap((stem) => ENDINGS.map((ending) => `${stem}.${ending}`));
}

/**
 * @param {string} folder in which the build runs
 * @param {string} [given] the file, as typed; a folder stands for what lies in it
 * @returns {string} an absolute path
 * @throws {Problem}
 */
export function findEntry(folder, given) {
  if (given !== undefined) {
    const path = isAbsolute(given) ? given : resolve(folder, given);
    if (isFile(path)) {
      return path;
    }
    if (!existsSync(path)) {
      throw Problem.use(`${given}: there is no such file`);
    }
    return findEntry(path);
  }
  const { source, main } = packageIn(folder);
  for (const [key, value] of Object.entries({ source, main })) {
    if (typeof value !== "string") {
      continue;
    }
    const path = resolve(folder, value);
    if (!isFile(path)) {
      throw new Problem(`package.json: ${key} is ${JSON.stringify(value)}, and there is no such file`);
    }
    return path;
  }
  const found = candidates(folder).find((name) => isFile(join(folder, name)));
  if (found === undefined) {
    const where = relative(process.cwd(), folder) || ".";
    throw new Problem(
      `${where}: there is no function here. Write src/index.ts or index.js, name the file as the folder, or say it: vestibule-build FILE --out …`,
    );
  }
  return join(folder, found);
}

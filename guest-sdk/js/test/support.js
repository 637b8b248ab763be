/**
 * What the tests of the SDK share: building a function into a folder that is gone after the test, by the command that people use.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../bin/vestibule-build.js", import.meta.url));

/** Where the functions of the tests lie. */
export const FUNCTIONS = fileURLToPath(new URL("functions", import.meta.url));

/** Runs `vestibule-build` in a folder. */
export function run(folder, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: "utf8" });
  return { status, stdout, stderr };
}

/**
 * A folder with these files, removed after the test.
 *
 * @param {{ after: (action: () => void) => void }} test
 * @param {Record<string, string>} files
 */
export function folderWith(test, files) {
  const folder = mkdtempSync(join(tmpdir(), "vestibule-js-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

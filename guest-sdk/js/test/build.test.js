// The command `vestibule-build`: what it takes, what it says, and that the same files make the same component.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";

import { worldFiles } from "../src/build/stamp.js";
import { folderWith, run } from "./support.js";

const HELLO = 'export const handler = async () => ({ statusCode: 200, body: "hello" });\n';

it("says how it is used", (test) => {
  const folder = folderWith(test, { "index.js": HELLO });
  const help = run(folder, "--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^Examples:$/m);
  for (const [args, words] of [
    [[], /where to\? vestibule-build --out FILE\.wasm/],
    [["--nonsense"], /--nonsense/],
    [["a.js", "b.js", "--out", "x.wasm"], /one file is built at a time/],
    [["gone.js", "--out", "x.wasm"], /gone\.js: there is no such file/],
  ]) {
    const { status, stderr } = run(folder, ...args);
    assert.equal(status, 64, stderr);
    assert.match(stderr, words);
  }
});

it("finds where a function begins", (test) => {
  const bundleOf = (files) => run(folderWith(test, files), "--bundle");
  const marked = (mark) => `export const handler = () => "${mark}";\n`;
  for (const [files, mark] of [
    [{ "package.json": '{"main":"b.js"}', "b.js": marked("main"), "index.js": marked("index") }, "main"],
    [{ "package.json": '{"source":"s.ts","main":"b.js"}', "s.ts": marked("source"), "b.js": marked("main") }, "source"],
    [{ "src/index.ts": marked("src"), "index.js": marked("index") }, "src"],
    [{ "index.mjs": marked("mjs") }, "mjs"],
  ]) {
    const { status, stdout, stderr } = bundleOf(files);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`"${mark}"`));
  }
  const none = bundleOf({ "other.js": HELLO });
  assert.deepEqual([none.status, none.stderr.includes("there is no function here")], [1, true]);
  const gone = bundleOf({ "package.json": '{"main":"gone.js"}' });
  assert.match(gone.stderr, /package\.json: main is "gone\.js", and there is no such file/);
});

it("names an import that is not there, its place, and what to do", (test) => {
  const folder = folderWith(test, {
    "index.js": `import fs from "node:fs";\nimport left from "no-such-package";\nimport "./no-such-file.js";\n${HELLO}`,
  });
  const { status, stderr } = run(folder, "--out", "x.wasm");
  assert.equal(status, 1);
  assert.match(stderr, /the import "node:fs" is not there in a component: a function has no files/);
  assert.match(stderr, /index\.js:1:15/);
  assert.match(stderr, /"without": \["node:fs"\]/);
  assert.match(stderr, /npm install no-such-package/);
  assert.match(stderr, /Could not resolve "\.\/no-such-file\.js"/);
  assert.deepEqual(readdirSync(folder), ["index.js"]);
});

it("names the file of a package that needs what is not there", (test) => {
  const folder = folderWith(test, {
    "index.js": `import "needy";\n${HELLO}`,
    "node_modules/needy/package.json": '{"name":"needy","main":"main.js"}',
    "node_modules/needy/main.js": 'require("child_process");\n',
  });
  const { status, stderr } = run(folder, "--out", "x.wasm");
  assert.equal(status, 1);
  assert.match(stderr, /the import "child_process" is not there/);
  assert.match(stderr, /node_modules\/needy\/main\.js:1:8/);
});

it("does without an import where the author says so", (test) => {
  const folder = folderWith(test, {
    "package.json": '{"vestibule":{"without":["fs"]}}',
    "index.js": `import fs from "fs";\nexport const handler = () => fs.existsSync;\n`,
  });
  const { status, stdout } = run(folder, "--bundle");
  assert.equal(status, 0);
  assert.match(stdout, /package\.json says that the code runs without it/);
  const wrong = run(folderWith(test, { "package.json": '{"vestibule":{"witout":["fs"]}}', "index.js": HELLO }), "--bundle");
  assert.match(wrong.stderr, /vestibule\.witout is no setting/);
});

it("leaves to the host what the host reads of the same table", (test) => {
  const folder = folderWith(test, { "package.json": '{"vestibule":{"route":"users/[id]"}}', "index.js": HELLO });
  const { status, stderr } = run(folder, "--bundle");
  assert.equal(status, 0, stderr);
});

it("shows what is wrong with the language", (test) => {
  const failing = (source) => {
    const { status, stderr } = run(folderWith(test, { "index.ts": source }), "--out", "x.wasm");
    assert.equal(status, 1);
    return stderr;
  };
  assert.match(failing("export const handler = async ( => {};"), /index\.ts:1:\d+/);
  assert.match(failing("const x = await 1;\nexport const handler = () => x;"), /await outside of a function is not supported[^]*index\.ts:1:10[^]*Put it into the handler/);
  assert.match(failing("export const main = () => {};"), /index\.ts: it exports main and no handler: write `export const handler/);
  assert.match(failing('import { mockContext } from "@vestibule/function/testing";\nexport const handler = mockContext;'), /is for tests and not for components/);
});

it("says what a module throws when it is loaded", (test) => {
  const folder = folderWith(test, { "index.js": `function check() {\n  throw new Error("not set up");\n}\ncheck();\n${HELLO}` });
  const { status, stderr } = run(folder, "--out", "x.wasm");
  assert.equal(status, 1);
  assert.match(stderr, /^index\.js: it cannot be loaded\n {4}Error: not set up\n {8}at check \(index\.js:2\)/);
  assert.equal(existsSync(join(folder, "x.wasm")), false);
});

it("leaves a component as it is where the same would come out", (test) => {
  const folder = folderWith(test, { "index.js": HELLO });
  const first = run(folder, "--out", "deep/one.wasm");
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /^index\.js -> deep\/one\.wasm \(\d+ KiB\)\n$/);
  assert.deepEqual(readdirSync(join(folder, "deep")), ["one.wasm"]);
  const bytes = readFileSync(join(folder, "deep/one.wasm"));
  assert.equal(run(folder, "--out", "deep/one.wasm").stderr, "deep/one.wasm is up to date\n");
  assert.ok(readFileSync(join(folder, "deep/one.wasm")).equals(bytes));
  // What was cut off or changed since is made again, though its stamp is there.
  const damaged = Buffer.from(bytes);
  damaged[damaged.length >> 1] ^= 1;
  writeFileSync(join(folder, "deep/one.wasm"), damaged);
  assert.match(run(folder, "--out", "deep/one.wasm").stderr, / -> /);
  writeFileSync(join(folder, "index.js"), HELLO.replace("hello", "changed"));
  assert.match(run(folder, "--out", "deep/one.wasm").stderr, / -> /);
  assert.ok(!readFileSync(join(folder, "deep/one.wasm")).equals(bytes));
});

it("bundles the same files to the same bytes", (test) => {
  const [one, other] = [1, 2].map(() => run(folderWith(test, { "index.js": HELLO }), "--bundle").stdout);
  const body = (text) => text.replace(/^\/\/ .*$/gm, "");
  assert.ok(one.length > 1000);
  assert.ok(body(one) === body(other));
});

it("counts the SDK's part of the world as it counts the contract", () => {
  const names = worldFiles().map(({ name }) => name);
  assert.ok(names.includes("world.wit") && names.includes("javascript/javascript.wit"), names.join(" "));
  assert.ok(names.some((name) => name.startsWith("javascript/deps/wasi-cli/")), names.join(" "));
  assert.equal(new Set(names).size, names.length);
  assert.ok(!names.some((name) => name.startsWith("javascript/contract/")), names.join(" "));
});

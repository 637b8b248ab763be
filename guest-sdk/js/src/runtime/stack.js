/**
 * Stack traces in the author's own words: the engine knows places in the one file that the build made of all; the build leaves a
 * table of which lines came from where, and this reads it. Only an error pays for it.
 *
 * The table is `{ files, lines }`: `lines` has for each line of the bundle `file,line` counted from the entry before (a space
 * between entries), or nothing for a line that is no author's; `files` are paths as the author knows them.
 */

/** Where the build leaves the table. */
export const TABLE = Symbol.for("vestibule.lines");

/** How many frames a trace has at the most; the log cuts lines at 8 KiB. */
const MOST_FRAMES = 20;

/** What the engine calls the bundle, with the line in it. */
const PLACE = /\(?componentize-qjs:user\.js:(\d+):(\d+)\)?/;

function unpack({ files, lines }) {
  let file = 0;
  let line = 0;
  return lines.split(" ").map((entry) => {
    if (entry === "") {
      return null;
    }
    const [fileStep, lineStep] = entry.split(",");
    file += Number(fileStep);
    line += Number(lineStep);
    return { file: files[file], line };
  });
}

/**
 * The author's place of a line of the bundle, as `file:line`; null for one of the SDK.
 *
 * @param {{ files: string[], lines: string }} table
 * @param {number} line from 1
 */
export function placeIn(table, line) {
  const place = unpack(table)[line - 1] ?? null;
  return place === null ? null : `${place.file}:${place.line}`;
}

/**
 * The frames of an error that are the author's, as `at name (file:line)`.
 *
 * @param {unknown} error
 * @returns {string[]}
 */
export function framesOf(error) {
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  const table = globalThis[TABLE];
  const places = table === undefined ? [] : unpack(table);
  const frames = [];
  for (const raw of stack.split("\n")) {
    const found = PLACE.exec(raw);
    if (found === null || frames.length === MOST_FRAMES) {
      continue;
    }
    const place = places[Number(found[1]) - 1];
    if (place === undefined || place === null) {
      continue;
    }
    const name = raw.slice(0, found.index).replace(/^\s*at\s*/, "").trim();
    const at = `${place.file}:${place.line}`;
    frames.push(name === "" || name === "<anonymous>" ? `at ${at}` : `at ${name} (${at})`);
  }
  return frames;
}

/**
 * What was thrown, in one line: an error's name and message, anything else as a text.
 *
 * @param {unknown} thrown
 */
export function reasonOf(thrown) {
  try {
    if (thrown instanceof Error) {
      const name = String(thrown.name || "Error");
      const message = String(thrown.message ?? "");
      return message === "" ? name : `${name}: ${message}`;
    }
    if (thrown !== null && typeof thrown === "object") {
      return `thrown: ${JSON.stringify(thrown)}`;
    }
    return `thrown: ${String(thrown)}`;
  } catch {
    return "thrown: something that cannot be written as a text";
  }
}

/**
 * The whole of an error, for the log: the reason, the frames below it, and the causes.
 *
 * @param {unknown} thrown
 */
export function traceOf(thrown) {
  const parts = [];
  const seen = new Set();
  for (let error = thrown; error !== undefined && error !== null && !seen.has(error) && seen.size < 5; error = error.cause) {
    seen.add(error);
    parts.push([parts.length === 0 ? reasonOf(error) : `caused by ${reasonOf(error)}`, ...framesOf(error)].join("\n    "));
  }
  return parts.length === 0 ? reasonOf(thrown) : parts.join("\n  ");
}

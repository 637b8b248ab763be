/**
 * The table that turns places in the bundle into places in the author's files, for stack traces (`../runtime/stack.js` reads it).
 * From the bundler's source map: for each line the file and line that it begins with. Lines of the SDK's own have none.
 */
import { decode } from "@jridgewell/sourcemap-codec";

/**
 * @param {{ sources: string[], mappings: string }} map
 * @param {(source: string) => string | null} nameOf a source's path as the author knows it; null for what is not theirs
 * @returns {{ files: string[], lines: string }}
 */
export function lineTable(map, nameOf) {
  const names = map.sources.map(nameOf);
  const files = [];
  const indexes = names.map((name) => {
    if (name === null) {
      return null;
    }
    const known = files.indexOf(name);
    return known >= 0 ? known : files.push(name) - 1;
  });
  let file = 0;
  let line = 0;
  const lines = decode(map.mappings).map((segments) => {
    const first = segments.find((segment) => segment.length > 1);
    const index = first === undefined ? null : indexes[first[1]];
    if (index === null || index === undefined) {
      return "";
    }
    const at = first[2] + 1;
    const entry = `${index - file},${at - line}`;
    file = index;
    line = at;
    return entry;
  });
  return { files, lines: lines.join(" ") };
}

/**
 * `node:path`, by the package `path-browserify`: the POSIX half. There are no files, but paths of URLs and names are
 * taken apart so.
 */
import path from "path-browserify/index.js";

export const {
  basename,
  delimiter,
  dirname,
  extname,
  format,
  isAbsolute,
  join,
  normalize,
  parse,
  relative,
  resolve,
  sep,
} = path;
export const posix = path;
export default path;

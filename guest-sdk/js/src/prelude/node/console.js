/** `node:console`: the global under another name. */
import { console } from "../console.js";

export const {
  log,
  info,
  debug,
  warn,
  error,
  trace,
  assert,
  dir,
  table,
  group,
  groupCollapsed,
  groupEnd,
  count,
  countReset,
  time,
  timeLog,
  timeEnd,
} = console;
export { console };
export default console;

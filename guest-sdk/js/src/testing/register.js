/**
 * `node --import @vestibule/function/register --test`: lets tests import a function's files as they are. TypeScript is turned into
 * JavaScript as the build does it, and Redwood's modules and `src/…` are found as the build finds them.
 */
import { register } from "node:module";

register("./hooks.js", import.meta.url);

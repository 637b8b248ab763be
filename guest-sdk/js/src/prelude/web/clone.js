/**
 * `structuredClone`, by core-js, with the errors of this engine: core-js is given the web's classes that it knows by name. Knows
 * nothing of who asks.
 */
export { default as structuredClone } from "core-js-pure/actual/structured-clone.js";

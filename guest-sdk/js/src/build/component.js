/**
 * A component of a bundle: the engine with the loaded bundle in it. Knows the tool that makes it; says in the author's words what
 * the tool says in its own.
 */
import { componentize } from "componentize-qjs";

import { WORLD, withWorld } from "./contract.js";

/** What the engine calls the bundle in its stack traces. */
const PLACE = /componentize-qjs:user\.js:(\d+):(\d+)/g;

/** That the bundle could not be loaded in the snapshot; `message` is the engine's error with the author's places. */
export class LoadError extends Error {}

/**
 * @param {string} code the bundle
 * @param {(line: number) => string | null} placeOf the author's place of a line of it
 * @returns {Promise<Uint8Array>} the component
 * @throws {LoadError}
 */
export async function component(code, placeOf) {
  return withWorld(async (witPath) => {
    try {
      const made = await componentize({ witPath, jsSource: code, world: WORLD, sync: true });
      return made.component;
    } catch (error) {
      throw new LoadError(String(error.message).replace(PLACE, (_, line) => placeOf(Number(line)) ?? "the SDK"));
    }
  });
}

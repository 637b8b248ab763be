/** The same steps with the prelude's classes and with node's. Owns the comparison; the classes are the tests'. */
import assert from "node:assert/strict";
import { test } from "node:test";

/**
 * Gives a test by name: what the steps come to, errors by name, is the same with both.
 *
 * @param {Record<string, Function>} ours the classes under test
 * @param {Record<string, Function>} nodes the oracle
 */
export function comparing(ours, nodes) {
  return (name, steps) =>
    test(name, async () => {
      const attempt = async (classes) => {
        try {
          return await steps(classes);
        } catch (error) {
          return `throws ${error.name}`;
        }
      };
      assert.deepEqual(await attempt(ours), await attempt(nodes));
    });
}

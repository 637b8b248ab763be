/**
 * What stands in the host's place in a test on node: what the test has granted, set up and seen. One world a process, as node's
 * test runner gives each test file a process; `reset()` begins anew.
 */

/** @type {{ context: object | null, logs: object[], sent: object[], answers: object[], secrets: Map, signing: Map, stores: Map }} */
export const world = {
  context: null,
  logs: [],
  sent: [],
  answers: [],
  secrets: new Map(),
  signing: new Map(),
  stores: new Map(),
};

/** Forgets everything: grants, stores, answers, what was sent and logged, and the call. */
export function reset() {
  world.context = null;
  for (const list of [world.logs, world.sent, world.answers]) {
    list.length = 0;
  }
  for (const map of [world.secrets, world.signing, world.stores]) {
    map.clear();
  }
}

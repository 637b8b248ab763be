/**
 * What is random, from the host. Owns `Math.random`, whose seed QuickJS would freeze into the snapshot, and the bytes
 * that everything cryptographic is made of, which no generator of ours stands in front of.
 */
import { atBuild, randomBytes as hostBytes } from "#host";

/** The most bytes of one `getRandomValues`, as the web has it. */
export const QUOTA = 65536;

/** The state of xoshiro128**: four words of 32 bits; nothing before the first number. */
let state;

/**
 * So many bytes from the host's generator.
 * @param {number} length
 * @param {string} what what asks, for the error while building
 * @returns {Uint8Array}
 */
export function bytes(length, what) {
  atBuild(what);
  return hostBytes(length);
}

function rotate(word, by) {
  return (word << by) | (word >>> (32 - by));
}

/** The next 32 bits. */
function next() {
  const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
  const shifted = state[1] << 9;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = rotate(state[3], 11);
  return result;
}

/**
 * `Math.random`: seeded from the host at the first number of a request. Fast and evenly spread, and as everywhere no
 * source for secrets: those are `crypto`'s.
 * @returns {number} from 0, below 1, with 53 bits
 */
export function random() {
  if (state === undefined) {
    state = new Uint32Array(bytes(16, "Math.random()").buffer);
    // All zeros is the one state that it never leaves.
    if (state.every((word) => word === 0)) state[0] = 1;
  }
  const high = next() >>> 6;
  const low = next() >>> 5;
  return (high * 2 ** 27 + low) / 2 ** 53;
}

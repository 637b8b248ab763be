/**
 * What keeps a function from being built, in words for its author: what, where, and what to do. The command prints it and ends.
 */

const FAILURE = 1;
const WRONG_USE = 64;

/** A problem that the author can mend. */
export class Problem extends Error {
  constructor(message, exitCode = FAILURE) {
    super(message);
    this.exitCode = exitCode;
  }

  /** One with what was typed. */
  static use(message) {
    return new Problem(message, WRONG_USE);
  }
}

/**
 * The error with which a call to the host fails. A module of its own, so that the host and its twin for tests throw the same
 * class.
 */

/** A call to the host that failed. */
export class HostError extends Error {
  /**
   * @param {string} code the contract's word: `denied`, `timeout`, `access-denied`, `failed`, …
   * @param {string} message what is missing and what to write, in words
   */
  constructor(code, message) {
    super(message);
    this.name = "HostError";
    this.code = code;
  }
}

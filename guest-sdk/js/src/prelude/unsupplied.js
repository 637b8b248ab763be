/**
 * Names that node or the web have and Vestibule does not supply. They are there, so that a library which merely
 * mentions them can be imported, and say so when they are called. Owns the wording; knows nothing of the modules that
 * use it.
 */
/** Thrown when something is called that is not supplied. */
export class NotSuppliedError extends Error {
  /**
   * @param {string} name what was called: `node:crypto's scrypt`
   * @param {string} instead what to do instead, as a sentence's rest
   */
  constructor(name, instead) {
    super(`${name} is not supplied by Vestibule: ${instead}`);
    this.name = "NotSuppliedError";
    this.code = "ERR_NOT_SUPPLIED";
  }
}

/**
 * Functions that throw when they are called, or constructed.
 * @template {string} Name
 * @param {string} module as it stands in front of the names: `node:crypto`
 * @param {Record<Name, string>} reasons what to do instead of each
 * @returns {Record<Name, (...args: unknown[]) => never>}
 */
export function unsupplied(module, reasons) {
  const members = {};
  for (const [name, instead] of Object.entries(reasons)) {
    members[name] = function () {
      throw new NotSuppliedError(`${name} of ${module}`, instead);
    };
    Object.defineProperty(members[name], "name", { value: name });
  }
  return members;
}

/**
 * `node:assert`: conditions that must hold. Owns the checks and how a failure reads; what is alike is said by
 * `equal.js`. Both forms of comparison are here, and `assert.strict` is the strict one.
 */
import { alike } from "../equal.js";
import { inspect } from "../inspect.js";

/** That a condition does not hold. */
export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    Object.assign(this, { actual, expected, operator, generatedMessage: message === undefined });
  }
}

function must(holds, message, details) {
  if (holds) {
    return;
  }
  if (message instanceof Error) {
    throw message;
  }
  throw new AssertionError({ message, ...details });
}

function compared(operator, words, same) {
  return (actual, expected, message) => {
    const text =
      message ??
      `${words}:\n\n${inspect(actual)}\n\n${operator.startsWith("not") ? "and" : "should be"}\n\n${inspect(expected)}\n`;
    must(same(actual, expected), text, { actual, expected, operator });
  };
}

// eslint-disable-next-line eqeqeq -- loose comparison is what `assert.equal` is
const loose = (one, other) => one == other || (one !== one && other !== other);

export function ok(...args) {
  const [value, message] = args;
  const text =
    args.length === 0 ? "No value argument passed to `assert.ok()`" : "The expression evaluated to a falsy value";
  must(value, message ?? text, { actual: value, expected: true, operator: "==" });
}

export const equal = compared("==", "Expected values to be loosely equal", loose);
export const notEqual = compared(
  "notEqual",
  "Expected values to be loosely unequal",
  (one, other) => !loose(one, other),
);
export const strictEqual = compared("strictEqual", "Expected values to be strictly equal", Object.is);
export const notStrictEqual = compared(
  "notStrictEqual",
  "Expected values to be strictly unequal",
  (one, other) => !Object.is(one, other),
);
export const deepEqual = compared("deepEqual", "Expected values to be loosely deep-equal", (one, other) =>
  alike(one, other, false),
);
export const notDeepEqual = compared(
  "notDeepEqual",
  "Expected values not to be loosely deep-equal",
  (one, other) => !alike(one, other, false),
);
export const deepStrictEqual = compared("deepStrictEqual", "Expected values to be strictly deep-equal", (one, other) =>
  alike(one, other),
);
export const notDeepStrictEqual = compared(
  "notDeepStrictEqual",
  "Expected values not to be strictly deep-equal",
  (one, other) => !alike(one, other),
);

export function fail(message = "Failed") {
  must(false, message, { operator: "fail" });
}

export function match(text, pattern, message) {
  must(
    typeof text === "string" && pattern.test(text),
    message ?? `The input did not match ${pattern}: ${inspect(text)}`,
    {
      actual: text,
      expected: pattern,
      operator: "match",
    },
  );
}

export function doesNotMatch(text, pattern, message) {
  must(
    typeof text === "string" && !pattern.test(text),
    message ?? `The input was expected not to match ${pattern}: ${inspect(text)}`,
    {
      actual: text,
      expected: pattern,
      operator: "doesNotMatch",
    },
  );
}

export function ifError(value) {
  if (value !== null && value !== undefined) {
    const said = value instanceof Error ? value.message || value.name : inspect(value);
    throw new AssertionError({
      message: `ifError got unwanted exception: ${said}`,
      actual: value,
      expected: null,
      operator: "ifError",
    });
  }
}

/** Whether an error is what was expected: a class, a pattern, an object of properties, or a function that says so. */
function fits(error, expected) {
  if (expected === undefined) {
    return true;
  }
  if (expected instanceof RegExp) {
    return expected.test(String(error));
  }
  if (typeof expected === "function") {
    if (expected.prototype !== undefined && error instanceof expected) {
      return true;
    }
    return Error.isPrototypeOf(expected) || expected === Error ? false : expected.call({}, error) === true;
  }
  return Object.keys(expected).every((name) => {
    const wanted = expected[name];
    return wanted instanceof RegExp && typeof error[name] === "string"
      ? wanted.test(error[name])
      : alike(error[name], wanted);
  });
}

function expectError(error, expected, message, operator) {
  const said = typeof expected === "string" ? expected : message;
  const wanted = typeof expected === "string" ? undefined : expected;
  if (!fits(error, wanted)) {
    const text =
      said ?? `The error is not the one that was expected:\n\n${inspect(error)}\n\nshould be\n\n${inspect(wanted)}\n`;
    throw new AssertionError({ message: text, actual: error, expected: wanted, operator });
  }
}

export function throws(action, expected, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = { error };
  }
  const said = typeof expected === "string" ? expected : message;
  must(thrown, said ?? "Missing expected exception.", { expected, operator: "throws" });
  expectError(thrown.error, expected, message, "throws");
}

export function doesNotThrow(action, message) {
  try {
    action();
  } catch (error) {
    must(
      false,
      typeof message === "string" ? message : `Got unwanted exception.\nActual message: "${error?.message}"`,
      { actual: error, operator: "doesNotThrow" },
    );
  }
}

export async function rejects(promise, expected, message) {
  let thrown;
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    thrown = { error };
  }
  const said = typeof expected === "string" ? expected : message;
  must(thrown, said ?? "Missing expected rejection.", { expected, operator: "rejects" });
  expectError(thrown.error, expected, message, "rejects");
}

export async function doesNotReject(promise, message) {
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    must(
      false,
      typeof message === "string" ? message : `Got unwanted rejection.\nActual message: "${error?.message}"`,
      { actual: error, operator: "doesNotReject" },
    );
  }
}

const common = { AssertionError, doesNotMatch, doesNotReject, doesNotThrow, fail, ifError, match, ok, rejects, throws };
const exact = { deepStrictEqual, notDeepStrictEqual, notStrictEqual, strictEqual };

export const strict = Object.assign((...args) => ok(...args), common, exact, {
  deepEqual: deepStrictEqual,
  equal: strictEqual,
  notDeepEqual: notDeepStrictEqual,
  notEqual: notStrictEqual,
});
strict.strict = strict;

const assert = Object.assign((...args) => ok(...args), common, exact, {
  deepEqual,
  equal,
  notDeepEqual,
  notEqual,
  strict,
});

export default assert;

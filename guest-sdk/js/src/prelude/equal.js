/**
 * Whether two values are alike all the way down, as node's `assert.deepStrictEqual` and, loosely, `deepEqual` see it.
 * Owns the comparison; runs no getter but those of plain properties.
 */
import { kindOf } from "./values.js";

/**
 * @param {unknown} one
 * @param {unknown} other
 * @param {boolean} [strict] types and prototypes count; without, `==` decides about plain values
 * @returns {boolean}
 */
export function alike(one, other, strict = true, seen = []) {
  if (isPrimitive(one) || isPrimitive(other)) {
    return samePlain(one, other, strict);
  }
  if (one === other) {
    return true;
  }
  const kind = kindOf(one);
  if (kind !== kindOf(other) || (strict && Object.getPrototypeOf(one) !== Object.getPrototypeOf(other))) {
    return false;
  }
  if (!sameInside(kind, one, other)) {
    return false;
  }
  // What stands in itself is alike if the other does in the same place.
  if (seen.some(([left, right]) => left === one && right === other)) {
    return true;
  }
  seen.push([one, other]);
  const result = sameItems(kind, one, other, strict, seen) && sameProperties(kind, one, other, strict, seen);
  seen.pop();
  return result;
}

function isPrimitive(value) {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

function samePlain(one, other, strict) {
  // eslint-disable-next-line eqeqeq -- loose comparison is what `assert.deepEqual` is
  return strict
    ? Object.is(one, other)
    : (isPrimitive(one) && isPrimitive(other) && one == other) || (one !== one && other !== other);
}

/** What is no property: a date's time, an expression's source, a wrapped value. */
function sameInside(kind, one, other) {
  switch (kind) {
    case "date":
      return Object.is(+one, +other);
    case "regexp":
      return String(one) === String(other) && one.lastIndex === other.lastIndex;
    case "boxed":
      return Object.is(one.valueOf(), other.valueOf());
    case "error":
      return one.message === other.message && one.name === other.name;
    case "array":
    case "typed":
      return one.length === other.length;
    case "map":
    case "set":
      return one.size === other.size;
    case "function":
    case "promise":
    case "weak":
      return false;
    default:
      return true;
  }
}

function sameItems(kind, one, other, strict, seen) {
  if (kind === "typed") {
    return one.every((value, at) => (strict ? Object.is(value, other[at]) : value === other[at]));
  }
  if (kind === "buffer") {
    return alike(new Uint8Array(one), new Uint8Array(other));
  }
  if (kind === "map") {
    return matched(
      [...one],
      [...other],
      ([key, value], [otherKey, otherValue]) =>
        alike(key, otherKey, strict, seen) && alike(value, otherValue, strict, seen),
    );
  }
  if (kind === "set") {
    return matched([...one], [...other], (value, otherValue) => alike(value, otherValue, strict, seen));
  }
  return true;
}

/** Whether each has its own like among the others, in any order. */
function matched(ones, others, same) {
  const left = [...others];
  return ones.every((value) => {
    const at = left.findIndex((other) => same(value, other));
    if (at >= 0) {
      left.splice(at, 1);
    }
    return at >= 0;
  });
}

function keys(value, kind) {
  const all = kind === "typed" ? [] : Object.keys(value);
  const symbols = Object.getOwnPropertySymbols(value);
  return [...all, ...symbols.filter((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))];
}

function sameProperties(kind, one, other, strict, seen) {
  const names = keys(one, kind);
  return (
    names.length === keys(other, kind).length &&
    names.every((name) => Object.hasOwn(other, name) && alike(one[name], other[name], strict, seen))
  );
}

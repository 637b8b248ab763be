/** `node:util/types`: a part of `node:util` under another name. */
import { types } from "./util.js";

export const {
  isAnyArrayBuffer,
  isArrayBuffer,
  isArrayBufferView,
  isAsyncFunction,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isMap,
  isNativeError,
  isPromise,
  isRegExp,
  isSet,
  isTypedArray,
  isUint8Array,
} = types;
export default types;

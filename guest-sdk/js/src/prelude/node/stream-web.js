/** `node:stream/web`: the globals under another name. */
export {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableStream,
  TransformStream,
  WritableStream,
} from "../web/streams.js";

/**
 * The web's streams, by web-streams-polyfill, and the two things that bodies need of them: bytes as a stream, and a
 * stream as bytes. In a function a stream is a form, no saving: event and answer are whole in memory.
 */
import { ReadableStream } from "web-streams-polyfill";

export {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableStream,
  TransformStream,
  WritableStream,
} from "web-streams-polyfill";

/**
 * A stream of these bytes, in one piece.
 * @param {Uint8Array} bytes
 * @param {() => void} [onRead] called once, when somebody begins to read or gives it up
 */
export function streamOf(bytes, onRead) {
  return new ReadableStream(
    {
      pull(controller) {
        onRead?.();
        if (bytes.length > 0) {
          controller.enqueue(bytes);
        }
        controller.close();
      },
      cancel: () => onRead?.(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * All that a stream has.
 * @param {ReadableStream} stream of Uint8Arrays
 * @returns {Promise<Uint8Array[]>}
 */
export async function piecesOf(stream) {
  const reader = stream.getReader();
  const pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return pieces;
    }
    if (!(value instanceof Uint8Array)) {
      throw new TypeError("A body's stream must be of Uint8Arrays");
    }
    pieces.push(value);
  }
}

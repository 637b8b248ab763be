/**
 * What the engine lacks, put in its place before anything of the author's is evaluated. Owns the list of globals; what
 * each is, is said where it is made. Only for components: on node all of them are there.
 */
import { guardedDate, performance } from "./clock.js";
import { console } from "./console.js";
import { CryptoKey, webcrypto } from "./crypto/web.js";
import { Buffer } from "./node/buffer.js";
import { process } from "./node/process.js";
import { random } from "./random.js";
import * as timers from "./timers.js";
import { AbortController, AbortSignal } from "./web/abort.js";
import { Blob, File } from "./web/blob.js";
import { structuredClone } from "./web/clone.js";
import { TextDecoder, TextEncoder } from "./web/encoding.js";
import { CustomEvent, Event, EventTarget } from "./web/event.js";
import { fetch } from "./web/fetch.js";
import { FormData } from "./web/form.js";
import { Headers } from "./web/headers.js";
import { Request } from "./web/request.js";
import { Response } from "./web/response.js";
import * as streams from "./web/streams.js";
import { URL, URLSearchParams } from "./web/url.js";

const { streamOf, piecesOf, ...streamClasses } = streams;
const { nextDue, runDue, MOST_TIMERS, ...timerFunctions } = timers;

const GLOBALS = {
  ...streamClasses,
  ...timerFunctions,
  AbortController,
  AbortSignal,
  Blob,
  Buffer,
  CryptoKey,
  CustomEvent,
  Date: guardedDate(Date),
  Event,
  EventTarget,
  File,
  FormData,
  Headers,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  console,
  crypto: webcrypto,
  fetch,
  global: globalThis,
  performance,
  process,
  self: globalThis,
  structuredClone,
};

for (const [name, value] of Object.entries(GLOBALS)) {
  if (typeof value === "function" && value.name !== name) {
    // The bundler has renamed what it met twice.
    Object.defineProperty(value, "name", { value: name, configurable: true });
  }
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

Object.defineProperty(Math, "random", { value: random, writable: true, enumerable: false, configurable: true });

/**
 * What a handler returns, as the contract's response. What API Gateway, Netlify and Redwood take is taken; what none of them
 * takes is an error that says what to return instead. Whether the host sends it is the host's to say (`response` in `wit/`).
 *
 * | returned | answered |
 * |---|---|
 * | an object with one of `statusCode`, `headers`, `multiValueHeaders`, `cookies`, `body`, `isBase64Encoded` | that; 200 if no status |
 * | a `Response` of the web | that |
 * | another object, an array, a text, a number, a boolean | 200, as JSON (API Gateway's rule) |
 * | nothing (`undefined`, `null`) | an error: 500 |
 */
import { wellFormed } from "../well-formed.js";
import { bytesOf, fromBase64 } from "./text.js";

const KEYS = ["statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"];

const HOW = 'return { statusCode: 200, body: "…" }';

/**
 * @param {unknown} value what the handler has returned, or its promise was fulfilled with
 * @returns the contract's record `response`, or a promise of it
 */
export function answer(value) {
  if (value === undefined || value === null) {
    throw new TypeError(`the handler returned ${value}: ${HOW}`);
  }
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
    throw new TypeError(`the handler returned a ${typeof value}: ${HOW}`);
  }
  if (typeof Response === "function" && value instanceof Response) {
    return webAnswer(value);
  }
  if (typeof value !== "object" || !KEYS.some((key) => key in value)) {
    return { status: 200, headers: [["content-type", "application/json"]], body: bytesOf(json(value)) };
  }
  return lambdaAnswer(value);
}

async function webAnswer(response) {
  const headers = [];
  for (const [name, value] of response.headers) {
    headers.push([name, wellFormed(value)]);
  }
  return { status: response.status, headers, body: new Uint8Array(await response.arrayBuffer()) };
}

function lambdaAnswer(value) {
  const body = bodyOf(value);
  const headers = headersOf(value);
  if (body.type !== null && !headers.some(([name]) => name.toLowerCase() === "content-type")) {
    headers.push(["content-type", body.type]);
  }
  return { status: statusOf(value.statusCode), headers, body: body.bytes };
}

function statusOf(given) {
  if (given === undefined || given === null) {
    return 200;
  }
  const status = typeof given === "string" && /^\d{3}$/.test(given) ? Number(given) : given;
  // The host has the last word on which statuses are sent; what is no number of 16 bits cannot even be said to it.
  if (!Number.isInteger(status) || status < 0 || status > 65535) {
    throw new TypeError(`the handler returned the statusCode ${text(given)}: write a whole number from 200 to 599`);
  }
  return status;
}

/** The body's bytes, and its type where the function has not said one. */
function bodyOf({ body, isBase64Encoded }) {
  if (body === undefined || body === null || body === "") {
    return { bytes: new Uint8Array(), type: null };
  }
  if (body instanceof Uint8Array) {
    return { bytes: body, type: "application/octet-stream" };
  }
  if (body instanceof ArrayBuffer) {
    return { bytes: new Uint8Array(body), type: "application/octet-stream" };
  }
  if (isBase64Encoded === true) {
    if (typeof body !== "string") {
      throw new TypeError(`isBase64Encoded is true, and the body is no text but of type ${typeof body}`);
    }
    return { bytes: fromBase64(body), type: "application/octet-stream" };
  }
  if (typeof body === "string") {
    return { bytes: bytesOf(body), type: "text/plain; charset=utf-8" };
  }
  return { bytes: bytesOf(json(body)), type: "application/json" };
}

function headersOf({ headers, multiValueHeaders, cookies }) {
  const list = [];
  const many = entries(multiValueHeaders, "multiValueHeaders");
  const repeated = new Set(many.map(([name]) => name.toLowerCase()));
  for (const [name, value] of entries(headers, "headers")) {
    // As API Gateway has it: of a name in both, the list counts.
    if (!repeated.has(name.toLowerCase())) {
      add(list, name, value);
    }
  }
  for (const [name, values] of many) {
    add(list, name, values);
  }
  if (cookies !== undefined && cookies !== null) {
    if (!Array.isArray(cookies)) {
      throw new TypeError('the handler returned cookies that are no list: cookies: ["name=value; HttpOnly"]');
    }
    add(list, "set-cookie", cookies);
  }
  return list;
}

function entries(headers, key) {
  if (headers === undefined || headers === null) {
    return [];
  }
  if (typeof headers !== "object" || Array.isArray(headers)) {
    throw new TypeError(`the handler returned ${key} that are no object: ${key}: { "content-type": "text/plain" }`);
  }
  return typeof Headers === "function" && headers instanceof Headers ? [...headers] : Object.entries(headers);
}

function add(list, name, value) {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === undefined || one === null) {
      continue;
    }
    if (typeof one === "object" || typeof one === "function" || typeof one === "symbol") {
      throw new TypeError(`the handler returned the header ${name} with a value that is no text but of type ${typeof one}`);
    }
    // The contract's texts are Unicode: half of a pair has no bytes.
    list.push([wellFormed(name), wellFormed(String(one))]);
  }
}

function json(value) {
  const written = JSON.stringify(value);
  if (written === undefined) {
    throw new TypeError(`the handler returned what JSON cannot say, of type ${typeof value}: ${HOW}`);
  }
  return written;
}

function text(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value;
  }
}

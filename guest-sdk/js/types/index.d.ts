/**
 * Types of `@vestibule/function`: the handler contract, and what a policy grants. The code is in `src/`; a type that says more than
 * the code does is an error.
 */

// ---- The handler of AWS Lambda, Redwood and Netlify ----

/** The event of an API Gateway (proxy integration, payload 1.0), as Redwood and Netlify hand it on. */
export interface HttpEvent {
  version: "1.0";
  /** The route as API Gateway writes it: `/orders/{id}`. */
  resource: string;
  /** As received: percent-encoded, with the host's prefix, without the query. */
  path: string;
  httpMethod: string;
  /** Names in lower case; what came several times is joined with `, `. */
  headers: Record<string, string | undefined>;
  multiValueHeaders: Record<string, string[] | undefined>;
  /** Decoded; of what came several times the last. Empty if there is no query. */
  queryStringParameters: Record<string, string | undefined>;
  multiValueQueryStringParameters: Record<string, string[] | undefined>;
  /** The route's parameters, and `proxy` for what lies below the route; null if there are none. */
  pathParameters: Record<string, string | undefined> | null;
  stageVariables: null;
  requestContext: {
    accountId: string;
    apiId: string;
    authorizer: { principalId: string; provider: string; roles: string[]; claims: Claims } | null;
    /** What the request's Host header says. */
    domainName: string;
    httpMethod: string;
    identity: { sourceIp: string; userAgent: string | null };
    path: string;
    protocol: string;
    requestId: string;
    /** Unix milliseconds. */
    requestTimeEpoch: number;
    resourceId: string;
    resourcePath: string;
    stage: string;
  };
  /** Without the `?`, as received. */
  rawQuery: string;
  /** A text, base64 if the bytes are not UTF-8, or null if there is none. */
  body: string | null;
  isBase64Encoded: boolean;
}

/** The claims of a caller's token, or a session. */
export type Claims = Record<string, any>;

/** Lambda's context, with what Netlify and Redwood put into it. */
export interface HttpContext {
  functionName: string;
  /** The component's SHA-256. */
  functionVersion: string;
  invokedFunctionArn: string;
  awsRequestId: string;
  logGroupName: string;
  logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  /** Netlify's: the caller's claims. */
  clientContext: { user?: Claims & { sub: string } };
  /** Redwood's: the caller's claims and roles; null if there is none. */
  currentUser: (Claims & { sub: string; roles: string[] }) | null;
  /** Until the host ends the call, in milliseconds. */
  getRemainingTimeInMillis(): number;
  /** The contract's own records, for what Lambda has no place for. Not enumerable. */
  readonly vestibule: Contract;
  done(error?: unknown, result?: unknown): void;
  succeed(result: unknown): void;
  fail(error: unknown): void;
}

/** What a handler returns. */
export interface HttpAnswer {
  /** 200 if there is none. */
  statusCode?: number;
  headers?: Record<string, string | number | boolean | string[] | null | undefined>;
  multiValueHeaders?: Record<string, (string | number | boolean)[]>;
  /** Lines of `set-cookie`. */
  cookies?: string[];
  /** A text, bytes, or what JSON can say. */
  body?: string | Uint8Array | ArrayBuffer | object | number | boolean | null;
  /** Whether the body is bytes in base64. */
  isBase64Encoded?: boolean;
}

/** `export const handler: Handler = async (event, context) => ({ statusCode: 200, body: "…" })` */
export type Handler = (event: HttpEvent, context: HttpContext) => HttpAnswer | Response | Promise<HttpAnswer | Response>;

// ---- The handler of the web ----

/** What a `Request` has no place for. */
export interface WebContext {
  requestId: string;
  /** The client's address. */
  ip: string;
  /** The route's parameters. */
  params: Record<string, string>;
  /** What follows the function's route, raw, starting with `/`; empty if nothing does. */
  subpath: string;
  delivery: Delivery | null;
  identity: Identity | null;
  getRemainingTimeInMillis(): number;
  /** The contract's own records, for what a `Request` has no place for. Not enumerable. */
  readonly vestibule: Contract;
  /** Work that has to be done before the sandbox ends. The answer waits for it. */
  waitUntil(promise: Promise<unknown>): void;
}

/** `export default { fetch(request, ctx) { … } } satisfies WebHandler` */
export interface WebHandler {
  fetch(request: Request, ctx: WebContext): Response | Promise<Response>;
}

// ---- What the host knows of the call ----

/** What the host gives to a function, in the contract's own words (docs/contract.md). */
export interface Contract {
  event: ContractEvent;
  context: ContractContext;
}

/** The request, as it came. */
export interface ContractEvent {
  method: string;
  /** As received: percent-encoded, with the host's prefix, without the query. */
  path: string;
  /** What follows the function's route, raw, starting with `/`; empty if nothing does. */
  subpath: string;
  /** The route's parameters, decoded, in their order. */
  params: [string, string][];
  /** Without the `?`, as received. */
  query: string;
  /** Names in lower case, in the order of arrival; what came several times is there several times. */
  headers: [string, string][];
  /** The bytes that the host has verified. */
  body: Uint8Array;
  /** The client's address. */
  client: string;
}

/** The call. */
export interface ContractContext {
  requestId: string;
  function: string;
  /** The component's SHA-256. */
  version: string;
  /** When the host ends the call, in Unix milliseconds. */
  deadline: number;
  trigger: { tag: "http" } | { tag: "schedule"; val: string } | { tag: "background"; val: number };
  delivery: Delivery | null;
  /** `claims` as JSON; `identity(context)` has them read. */
  identity: { provider: string; subject: string; roles: string[]; claims: string } | null;
}

/** A webhook that the host has verified. */
export interface Delivery {
  /** As the policy names it: `github`, `stripe`, … */
  scheme: string;
  id: string | null;
  eventType: string | null;
  /** When it was signed, in Unix seconds. */
  timestamp: number | null;
  /** The name of the secret that matched. */
  secret: string;
}

/** A caller for whom a provider vouches. */
export interface Identity {
  provider: string;
  subject: string;
  roles: string[];
  claims: Claims;
}

/** The webhook that the host has verified; null if the policy verifies none. */
export function delivery(context?: HttpContext | WebContext): Delivery | null;

/** The caller; null if the policy asks for none, or the request had none. */
export function identity(context?: HttpContext | WebContext): Identity | null;

// ---- What a policy grants ----

/** A call to the host that failed. */
export class HostError extends Error {
  /** The contract's word: `denied`, `timeout`, `access-denied`, `failed`, … */
  readonly code: string;
  constructor(code: string, message: string);
}

/** The text of a secret (`[grants] secrets`). Throws a HostError if it is not granted. */
export function secret(name: string): string;

/** The bytes of a secret. */
export function secretBytes(name: string): Uint8Array;

export interface Lifetime {
  /** Seconds, from 0.001 to ten years, after which the value is gone. */
  ttl?: number;
}

type Value = string | Uint8Array | ArrayBuffer;

/** A store (`[grants] kv`). Calls are over when they return; what was written is on disk. */
export interface Store {
  get(key: string): string | null;
  getBytes(key: string): Uint8Array | null;
  getJson<T = any>(key: string): T | null;
  set(key: string, value: Value, options?: Lifetime): void;
  setJson(key: string, value: unknown, options?: Lifetime): void;
  /** Whether nothing was there, and so it was put. */
  setIfAbsent(key: string, value: Value, options?: Lifetime): boolean;
  /** Puts a value if what is there is exactly `expected` (`null`: nothing). Whether it was put. */
  compareAndSet(key: string, expected: Value | null, value: Value, options?: Lifetime): boolean;
  /** Changes a value, whoever else writes: `change` may be called several times. Returns what was put. */
  updateJson<T = any>(key: string, change: (before: T | null) => T): T;
  delete(key: string): void;
  exists(key: string): boolean;
  /** Adds to a number, in one step, and returns the sum. A `ttl` counts from when the key began. */
  increment(key: string, delta?: number, options?: Lifetime): number;
  /** The keys, in no order. */
  list(options?: { prefix?: string }): Generator<string>;
  getMany(keys: string[]): (string | null)[];
  /** All or none. */
  setMany(entries: Record<string, Value> | [string, Value][]): void;
  deleteMany(keys: string[]): void;
}

export const kv: {
  /** Opens a store. Throws a HostError if it is not granted. */
  store(name: string): Store;
};

/** What a scheme may want to know beside the payload. */
export interface SignParameters {
  method?: string;
  url?: string;
  id?: string;
  eventType?: string;
  /** Unix seconds. */
  timestamp?: number;
  keyId?: string;
  contentSecret?: string;
}

export interface Signed {
  headers: Record<string, string>;
  body: Uint8Array;
  url: string | null;
}

export const webhooks: {
  /** Signs with a secret that the function never sees (`[grants] sign`). */
  sign(scheme: string, secret: string, payload: string | Uint8Array, parameters?: SignParameters): Signed;
  /** Signs and posts (`[grants] http`, too). */
  send(
    url: string,
    scheme: string,
    secret: string,
    payload: string | Uint8Array,
    parameters?: SignParameters & { headers?: Record<string, string> },
  ): Promise<Response>;
};

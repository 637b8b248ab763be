/** Types of `@vestibule/function/testing`, the test kit on node. */
import type { Claims, ContractEvent, Delivery, HttpContext, HttpEvent } from "./index.js";

export interface MockHttpEventOptions {
  /** A text, or what JSON can say. */
  payload?: unknown;
  httpMethod?: string;
  path?: string;
  headers?: Record<string, string>;
  queryStringParameters?: Record<string, string> | null;
  signature?: string;
  /** `RW-WEBHOOK-SIGNATURE` if there is none. */
  signatureHeader?: string;
  /** Encodes the payload. */
  isBase64Encoded?: boolean;
  [field: string]: unknown;
}

export function mockHttpEvent(options?: MockHttpEventOptions): HttpEvent;

export interface MockSignedWebhookOptions extends MockHttpEventOptions {
  /** A verifier of Redwood's (`sha256Verifier`, …) or a scheme of the host (`github`, `stripe`, …). */
  signatureType: string;
  secret: string | Uint8Array;
  id?: string;
  /** Unix seconds. */
  timestamp?: number;
  issuer?: string;
}

export function mockSignedWebhook(options: MockSignedWebhookOptions): HttpEvent;

export interface MockContextOptions {
  delivery?: Partial<Delivery> & { scheme: string };
  identity?: { provider?: string; subject?: string; roles?: string[]; claims?: Claims };
  functionName?: string;
  /** Fields of the contract's event, as `context.vestibule.event` has them. */
  event?: Partial<ContractEvent>;
  requestId?: string;
  [field: string]: unknown;
}

/** A context, and with it what `delivery()` and `identity()` say from now on. */
export function mockContext(options?: MockContextOptions): HttpContext;

/** Forgets grants, stores, answers, what was sent and logged, and the call. */
export function reset(): void;
export function grantSecret(name: string, value: string | Uint8Array): void;
export function grantSign(name: string, value: string | Uint8Array): void;
/** Answers one request to exactly this URL. */
export function answer(method: string, url: string, response?: { status?: number; headers?: Record<string, string>; body?: unknown }): void;
/** Lets one such request fail, with the contract's word: `timeout`, `connect`, `denied`, … */
export function fail(method: string, url: string, code: string, message?: string): void;
export function sent(): { method: string; url: string; headers: [string, string][]; body: Uint8Array }[];
export function logs(): { level: string; message: string; context: string }[];

/** A component, served as in production by the command that VESTIBULE_HOST names, else `host` on PATH. */
export class Host {
  static with(component: string): HostBuilder;
  readonly url: string;
  get(path: string): TestRequest;
  post(path: string): TestRequest;
  request(method: string, path: string): TestRequest;
  /** How many sandboxes of functions were made so far. */
  instances(): Promise<number>;
  problems(): string[];
  stop(): Promise<void>;
}

export interface HostBuilder {
  and(component: string): this;
  route(route: string): this;
  policy(text: string): this;
  secret(name: string, value: string): this;
  settings(text: string): this;
  store(store: string, key: string, value: string | Uint8Array): this;
  signed(scheme: string, secret: string): this;
  /** Where senders believe the host to be, for schemes that sign the URL. */
  publicUrl(url: string): this;
  start(): Promise<Host>;
}

export interface TestRequest extends PromiseLike<Answer> {
  header(name: string, value: string): this;
  query(name: string, value: string): this;
  body(body: string | Uint8Array): this;
  json(value: unknown): this;
  form(pairs: Record<string, string>): this;
  signed(scheme: string, secret: string): this;
  unsigned(): this;
  deliveryId(id: string): this;
  eventType(type: string): this;
  signedAt(seconds: number): this;
}

export interface Answer {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: Uint8Array;
  readonly requestId: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly stage?: string;
  readonly logs: { level: string; message: string; context?: string; source?: string }[];
  readonly instances: number;
  header(name: string): string | null;
  text(): string;
  json(): any;
}

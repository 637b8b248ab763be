/**
 * Events and contexts as a handler gets them, made up by a test: the names and options are Redwood's. What a test does not say is as
 * it is for a plain request.
 */
import { lambdaContext } from "../handler/context.js";
import { signAs } from "./schemes.js";
import { world } from "./world.js";

/** A payload as the text that is sent: a text as it is, nothing as nothing, anything else as JSON. */
function textOf(payload) {
  return payload === null || payload === undefined || typeof payload === "string" ? (payload ?? null) : JSON.stringify(payload);
}

/**
 * An HTTP event.
 *
 * @param {object} [options] `payload` (a text, or what JSON can say), `httpMethod`, `path`, `headers`, `queryStringParameters`,
 *   `signature` with `signatureHeader`, `isBase64Encoded` (encodes the payload); anything else becomes a field of the event
 */
export function mockHttpEvent({
  payload = null,
  signature,
  signatureHeader = "RW-WEBHOOK-SIGNATURE",
  queryStringParameters = {},
  httpMethod = "GET",
  headers = {},
  path = "",
  isBase64Encoded = false,
  ...others
} = {}) {
  const body = textOf(payload);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (signature) {
    lower[signatureHeader.toLowerCase()] = signature;
  }
  const lists = (values) => Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, [value]]));
  return {
    version: "1.0",
    resource: path,
    path,
    httpMethod,
    headers: lower,
    multiValueHeaders: lists(lower),
    queryStringParameters,
    multiValueQueryStringParameters: lists(queryStringParameters),
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      authorizer: null,
      domainName: lower.host ?? "",
      httpMethod,
      identity: { sourceIp: "127.0.0.1", userAgent: lower["user-agent"] ?? null },
      path,
      requestId: "mock",
    },
    body: isBase64Encoded && body !== null ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded,
    ...others,
  };
}

/**
 * A webhook, signed as its sender does.
 *
 * @param {object} options those of `mockHttpEvent`, and `signatureType` (`sha256Verifier`, …, or a scheme of the host: `github`,
 *   `stripe`, …), `secret`, `signatureHeader` for Redwood's types, and `id`, `timestamp` (Unix s), `issuer` where the type knows them
 */
export function mockSignedWebhook({ payload = null, signatureType, signatureHeader, secret, id, timestamp, issuer, headers = {}, ...others }) {
  const body = textOf(payload) ?? "";
  const signed = signAs(signatureType, { secret, payload: Buffer.from(body), header: signatureHeader, id, timestamp, issuer });
  return mockHttpEvent({
    payload: body,
    httpMethod: "POST",
    headers: { ...headers, ...Object.fromEntries(signed.headers) },
    ...others,
  });
}

/** The contract's record `event` of a plain request. */
function plainEvent() {
  return { method: "GET", path: "/mock", subpath: "", params: [], query: "", headers: [], body: new Uint8Array(), client: "127.0.0.1" };
}

/** The contract's record `context` of a plain call. */
function plainContext() {
  return {
    requestId: "mock",
    function: "mock",
    version: "0".repeat(64),
    deadline: Date.now() + 10_000,
    trigger: { tag: "http" },
    delivery: null,
    identity: null,
  };
}

/**
 * A context, and with it what `delivery()` and `identity()` say from now on.
 *
 * @param {object} [options] `delivery` (`{ scheme, id, eventType, timestamp, secret }`), `identity` (`{ provider, subject, roles,
 *   claims }`, `claims` as an object), `functionName`, `requestId`, `event` (fields of the contract's event, as in
 *   `context.vestibule.event`); anything else becomes a field of the context
 */
export function mockContext({ delivery = null, identity = null, functionName, requestId, event = {}, ...others } = {}) {
  const contract = plainContext();
  contract.function = functionName ?? contract.function;
  contract.requestId = requestId ?? contract.requestId;
  if (delivery !== null) {
    contract.delivery = { id: null, eventType: null, timestamp: null, secret: "", ...delivery };
  }
  if (identity !== null) {
    const { claims = {}, ...known } = identity;
    contract.identity = { provider: "mock", subject: "", roles: [], ...known, claims: JSON.stringify(claims) };
  }
  world.context = contract;
  return Object.assign(lambdaContext({ ...plainEvent(), ...event }, contract, () => {}), others);
}

/**
 * The contract's event as a Lambda function gets it behind an API Gateway (proxy integration, payload 1.0), and as Redwood and
 * Netlify hand it on. Pure: an event in, an event out.
 *
 * Where these three differ: header names are in lower case (Redwood, Netlify), of a repeated query parameter the last counts (API
 * Gateway), and the parameters are an object also where there are none (Redwood, Netlify): code that looks for `null` and code that
 * does not both run. A header that came several times is joined with a comma, cookies with a semicolon, as the web joins them. API
 * Gateway keeps the last value, and node the first of some (`authorization`, `content-type`, `host`); what is joined is not taken
 * for one of its values. Each as it came is in `multiValueHeaders`.
 */
import { textOf, toBase64 } from "./text.js";

/** Sets a property whatever its name is: `__proto__` would be no property otherwise. */
function put(target, name, value) {
  if (name in target) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    // Most names are no object's own: the short way.
    target[name] = value;
  }
}

function has(target, name) {
  return Object.prototype.hasOwnProperty.call(target, name);
}

/** Lists of values by name, from pairs, in the order of arrival. */
function listed(pairs) {
  const lists = {};
  for (const [name, value] of pairs) {
    if (has(lists, name)) {
      lists[name].push(value);
    } else {
      put(lists, name, [value]);
    }
  }
  return lists;
}

/** A part of a query, decoded as forms are; what is no percent-encoding stays as it is. */
function decodedQuery(part) {
  if (!part.includes("%") && !part.includes("+")) {
    return part;
  }
  const spaced = part.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Slower, and it knows what to do with bytes that are no text.
    return new URLSearchParams(`q=${part}`).get("q") ?? spaced;
  }
}

/** Names and values of a query, as `URLSearchParams` has them: most requests have a plain one, and this is the short way. */
export function queryPairs(query) {
  if (query === "") {
    return [];
  }
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0
        ? [decodedQuery(pair), ""]
        : [decodedQuery(pair.slice(0, at)), decodedQuery(pair.slice(at + 1))];
    });
}

function mapped(lists, toOne) {
  const values = {};
  for (const name of Object.keys(lists)) {
    put(values, name, toOne(lists[name], name));
  }
  return values;
}

const joined = (values, name) => values.join(name === "cookie" ? "; " : ", ");
const last = (values) => values[values.length - 1];

/** A route as API Gateway writes it: `/orders/{id}`, `/docs/{page+}`, with `{proxy+}` for what lies below it. */
function resourceOf(name, subpath) {
  const route = name === "index" ? "" : name;
  const named = route.includes("[");
  const segments = named ? route.replace(/\[\.\.\.([^\]]+)\]/g, "{$1+}").replace(/\[([^\]]+)\]/g, "{$1}") : route;
  if (subpath.length <= 1) {
    return `/${segments}`;
  }
  return segments === "" ? "/{proxy+}" : `/${segments}/{proxy+}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pathParameters(params, subpath) {
  const values = {};
  for (const [name, value] of params) {
    put(values, name, value);
  }
  if (subpath.length > 1) {
    put(values, "proxy", decoded(subpath.slice(1)));
  }
  return Object.keys(values).length === 0 ? null : values;
}

/** What an authorizer of API Gateway would say: who the caller is, and the claims. */
function authorizerOf(identity) {
  if (identity === null) {
    return null;
  }
  const claims = claimsOf(identity);
  return { principalId: identity.subject, provider: identity.provider, roles: [...identity.roles], claims };
}

/**
 * The claims of an identity as an object.
 *
 * @param {{ claims: string }} identity the contract's record
 */
export function claimsOf(identity) {
  const claims = JSON.parse(identity.claims);
  return claims !== null && typeof claims === "object" && !Array.isArray(claims) ? claims : {};
}

/**
 * @param {object} event the contract's record `event`
 * @param {object} context the contract's record `context`
 * @returns the event of `export const handler = async (event, context) => …`
 */
export function lambdaEvent(event, context) {
  const headerLists = listed(event.headers);
  const headers = mapped(headerLists, joined);
  const queryLists = listed(queryPairs(event.query));
  const text = event.body.length === 0 ? null : textOf(event.body);
  const binary = event.body.length > 0 && text === null;
  const resource = resourceOf(context.function, event.subpath);
  return {
    version: "1.0",
    resource,
    path: event.path,
    httpMethod: event.method,
    headers,
    multiValueHeaders: headerLists,
    queryStringParameters: mapped(queryLists, last),
    multiValueQueryStringParameters: queryLists,
    pathParameters: pathParameters(event.params, event.subpath),
    stageVariables: null,
    requestContext: {
      accountId: "",
      apiId: context.function,
      authorizer: authorizerOf(context.identity),
      domainName: headers.host ?? "",
      httpMethod: event.method,
      identity: { sourceIp: event.client, userAgent: headers["user-agent"] ?? null },
      path: event.path,
      protocol: "HTTP/1.1",
      requestId: context.requestId,
      requestTimeEpoch: Date.now(),
      resourceId: resource,
      resourcePath: resource,
      stage: "$default",
    },
    rawQuery: event.query,
    body: binary ? toBase64(event.body) : text,
    isBase64Encoded: binary,
  };
}

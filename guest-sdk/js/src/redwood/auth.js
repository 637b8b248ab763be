/**
 * Redwood's authentication: `useRequireAuth`, and what an app's `src/lib/auth` is usually made of. The host has checked
 * the caller before there was a sandbox; what these hand out is what it vouches for. A decoder that the code brings is
 * not asked: it would look at a token that nobody has checked here. Without an identity there is no user, whatever
 * headers say.
 */
import { currentContext } from "#host";

import { context } from "./context.js";

export const AUTH_PROVIDER_HEADER = "auth-provider";

/** An error for whoever is not known. */
export class AuthenticationError extends Error {
  constructor(message = "You don't have permission to do that.") {
    super(message);
    this.name = "AuthenticationError";
    this.extensions = { code: "UNAUTHENTICATED" };
  }
}

/** An error for whoever is known and may not. */
export class ForbiddenError extends Error {
  constructor(message = "You don't have access to do that.") {
    super(message);
    this.name = "ForbiddenError";
    this.extensions = { code: "FORBIDDEN" };
  }
}

/** A header of an event of Lambda, or of a Request of the web. */
export function getEventHeader(event, name) {
  if (typeof event?.headers?.get === "function") {
    return event.headers.get(name) ?? undefined;
  }
  return event?.headers?.[name] ?? event?.headers?.[name.toLowerCase()];
}

/** `Authorization` in its two parts. @throws {Error} if it has not two */
export function parseAuthorizationHeader(event) {
  const parts = getEventHeader(event, "Authorization")?.split(" ") ?? [];
  const [schema, token] = parts;
  if (parts.length !== 2 || !schema || !token) {
    throw new Error("The `Authorization` header is not valid.");
  }
  return { schema, token };
}

/** The provider that the caller names. */
export function getAuthProviderHeader(event) {
  return getEventHeader(event, AUTH_PROVIDER_HEADER);
}

/** Claims and roles of a decoded token, where providers keep them. */
export function parseJWT({ decoded, namespace }) {
  const appMetadata =
    decoded?.[namespace ? `${namespace}/app_metadata` : "app_metadata"] ?? decoded?.app_metadata ?? {};
  const roles = decoded?.roles ?? appMetadata.roles ?? appMetadata.authorization?.roles ?? [];
  return { appMetadata, roles };
}

/**
 * Who is calling, as Redwood hands it to `getCurrentUser`: the decoded token, how it came, the request.
 * @returns {[object, object, object] | undefined} nothing if the host vouches for nobody
 */
export function getAuthenticationContext({ event, context: lambda } = {}) {
  const identity = currentContext()?.identity;
  if (!identity) {
    return undefined;
  }
  const claims = JSON.parse(identity.claims);
  const decoded = { ...claims, sub: identity.subject, roles: [...identity.roles] };
  // The token has ended at the host's door as far as this is concerned: nothing here has to check it again.
  return [decoded, { type: identity.provider, schema: "Bearer", token: null }, { event, context: lambda }];
}

/**
 * A handler in which `context.currentUser` is what `getCurrentUser` makes of the caller, null for nobody. As in Redwood
 * the handler is called in any case and asks `isAuthenticated()`; that nobody gets so far who may not is said by
 * `[auth]` in the policy.
 */
export function useRequireAuth({ handlerFn, getCurrentUser: find = getCurrentUser }) {
  return async (event, lambda, ...rest) => {
    let user = null;
    try {
      const known = getAuthenticationContext({ event, context: lambda });
      user = known === undefined ? null : ((await find(...known)) ?? null);
    } catch (error) {
      console.error("getCurrentUser:", error);
    }
    context.currentUser = user;
    if (typeof lambda === "object" && lambda !== null) {
      lambda.currentUser = user;
    }
    return handlerFn(event, lambda, ...rest);
  };
}

/** The caller as the host knows it; null for nobody. */
export async function getCurrentUser(decoded) {
  return decoded ?? getAuthenticationContext()?.[0] ?? null;
}

/** The user of this request: what `useRequireAuth` has put there, else whom the host vouches for. */
function currentUser() {
  return Object.hasOwn(context, "currentUser") ? context.currentUser : (getAuthenticationContext()?.[0] ?? null);
}

export function isAuthenticated() {
  return Boolean(currentUser());
}

/**
 * Whether the user has one of these roles.
 * @param {string | string[]} roles
 */
export function hasRole(roles) {
  const user = currentUser();
  if (!user || roles === undefined || roles === null) {
    return false;
  }
  const held = [user.roles ?? parseJWT({ decoded: user }).roles].flat();
  return [roles].flat().some((role) => held.includes(role));
}

/** @throws {AuthenticationError} for nobody @throws {ForbiddenError} for a user without any of the roles */
export function requireAuth({ roles } = {}) {
  if (!isAuthenticated()) {
    throw new AuthenticationError();
  }
  if (roles !== undefined && !hasRole(roles)) {
    throw new ForbiddenError();
  }
}

/**
 * A decoder, for code that hands one to `useRequireAuth`; nobody asks it. Called by itself it knows nobody but whom the
 * host does.
 */
export async function authDecoder() {
  return getAuthenticationContext()?.[0] ?? null;
}

export const createAuthDecoder = () => authDecoder;

/** `@redwoodjs/api`: what functions import from there. */
export {
  AUTH_PROVIDER_HEADER,
  AuthenticationError,
  ForbiddenError,
  getAuthProviderHeader,
  getAuthenticationContext,
  getEventHeader,
  parseAuthorizationHeader,
  parseJWT,
} from "./auth.js";
export { context, setContext } from "./context.js";
export * from "./webhooks.js";
export { createVerifier } from "./verifiers.js";

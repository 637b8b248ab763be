/**
 * `@redwoodjs/graphql-server`, as far as functions use it: the wrapper for authentication and its errors. GraphQL
 * itself is not here.
 */
export { AuthenticationError, ForbiddenError, useRequireAuth } from "./auth.js";
export { context, setContext } from "./context.js";

// Who is calling, for callers with a token.
import type { Handler } from "@vestibule/function";

export const handler: Handler = async (_event, context) => {
  const user = context.currentUser;
  if (user === null) {
    return { statusCode: 401 };
  }
  return { statusCode: 200, body: { id: user.sub, roles: user.roles, admin: user.roles.includes("admin") } };
};

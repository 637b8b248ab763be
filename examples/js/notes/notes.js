// One function for a whole API: every call comes in here, and the method decides who answers it. Whoever is not signed in, and
// every method that is not there, is refused in this one place.
import { json } from "./_shared/headers.js";
import { get } from "./methods/get.js";
import { post } from "./methods/post.js";
import { put } from "./methods/put.js";
import { remove } from "./methods/delete.js";

const methods = { GET: get, POST: post, PUT: put, DELETE: remove };

export const handler = async (event, context) => {
  const user = context.clientContext.user;
  if (!user) {
    return json(401, { error: "sign in first" });
  }
  const method = methods[event.httpMethod];
  if (!method) {
    return json(405, { error: `${event.httpMethod} is not for notes` });
  }
  const id = event.pathParameters?.proxy ?? null;
  return method({ user, id, event });
};

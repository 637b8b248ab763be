import { json } from "../_shared/headers.js";
import { change } from "../_shared/notes.js";

export const remove = ({ user, id }) => {
  change(user, ({ [id]: gone, ...left }) => left);
  return { statusCode: 204 };
};

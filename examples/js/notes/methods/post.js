import { json } from "../_shared/headers.js";
import { change } from "../_shared/notes.js";

export const post = ({ user, event }) => {
  const { text } = JSON.parse(event.body ?? "{}");
  if (typeof text !== "string") {
    return json(400, { error: "text is missing" });
  }
  const id = crypto.randomUUID();
  change(user, (notes) => ({ ...notes, [id]: text }));
  return json(201, { id, text });
};

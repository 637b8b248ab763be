import { json } from "../_shared/headers.js";
import { change, notesOf } from "../_shared/notes.js";

export const put = ({ user, id, event }) => {
  const { text } = JSON.parse(event.body ?? "{}");
  if (typeof text !== "string") {
    return json(400, { error: "text is missing" });
  }
  if (id === null || !Object.hasOwn(notesOf(user), id)) {
    return json(404, { error: `there is no note ${id}` });
  }
  change(user, (notes) => ({ ...notes, [id]: text }));
  return json(200, { id, text });
};

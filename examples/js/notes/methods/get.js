import { json } from "../_shared/headers.js";
import { notesOf } from "../_shared/notes.js";

export const get = ({ user, id }) => {
  const notes = notesOf(user);
  if (id === null) {
    return json(200, Object.entries(notes).map(([id, text]) => ({ id, text })));
  }
  return Object.hasOwn(notes, id) ? json(200, { id, text: notes[id] }) : json(404, { error: `there is no note ${id}` });
};

// The notes, and what a note that comes in has to look like. Knows nothing of methods and paths.

// The longest title, in characters.
const TITLE_LIMIT = 80;

export const NOTES = [
  { id: 1, title: "Keys", text: "The spare one is under the third pot." },
  { id: 2, title: "Shopping", text: "" },
];

/** What is wrong with a note that a client has sent. */
export class BadNote extends Error {}

/** The note that a path names. */
export const find = (number) => NOTES.find(({ id }) => String(id) === number);

/** Reads and checks what a client sends. */
export async function read(request, id) {
  const draft = await request.json().catch((error) => {
    throw new BadNote(`body: ${error.message}`);
  });
  const { title, text = "", ...more } = draft ?? {};
  if (typeof title !== "string" || typeof text !== "string" || Object.keys(more).length > 0) {
    throw new BadNote('body: write {"title": "…", "text": "…"}');
  }
  const trimmed = title.trim();
  if (trimmed === "" || [...trimmed].length > TITLE_LIMIT) {
    throw new BadNote(`title: write 1 to ${TITLE_LIMIT} characters`);
  }
  return { id, title: trimmed, text };
}

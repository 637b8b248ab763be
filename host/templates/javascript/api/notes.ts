// The notes: what one looks like, and the store that keeps them. Knows nothing of paths.
import { kv } from "@vestibule/function";

// The store, which `NAME.toml` grants.
const STORE = "NAME";

// The longest title, in characters.
const TITLE_LIMIT = 80;

// How many notes a list has at the most.
const LIST_LIMIT = 100;

// What stands before a note's id in the store.
const PREFIX = "note/";

// What a client sends.
export interface Draft {
  title: string;
  text: string;
}

// A note with its id.
export interface Note extends Draft {
  id: number;
}

// Reads and checks what a client sends; what is wrong with it is in `error`.
export function read(body: string | null): Draft | { error: string } {
  let sent: Record<string, unknown> | null;
  try {
    sent = JSON.parse(body ?? "");
  } catch (error) {
    return { error: `body: ${(error as Error).message}` };
  }
  const { title, text = "", ...more } = sent ?? {};
  if (typeof title !== "string" || Object.keys(more).length > 0) {
    return { error: 'body: write {"title": "…", "text": "…"}' };
  }
  const trimmed = title.trim();
  if (trimmed === "" || [...trimmed].length > TITLE_LIMIT) {
    return { error: `title: write 1 to ${TITLE_LIMIT} characters` };
  }
  return typeof text === "string" ? { title: trimmed, text } : { error: "text: write a text" };
}

// The first of them, in the order of their ids.
export function list(): Note[] {
  const store = kv.store(STORE);
  const ids = [...store.list({ prefix: PREFIX })].map((key) => Number(key.slice(PREFIX.length)));
  const first = ids.sort((one, other) => one - other).slice(0, LIST_LIMIT);
  // One that was removed meanwhile is left out.
  return first.map((id) => store.getJson<Note>(`${PREFIX}${id}`)).filter((note) => note !== null);
}

// The note that a path names. What is no number is the id of no note.
export function find(id: string): Note | null {
  const key = keyOf(id);
  return key === null ? null : kv.store(STORE).getJson<Note>(key);
}

export function add(draft: Draft): Note {
  const store = kv.store(STORE);
  // In one step: of two that come at once, each gets a number of its own.
  const note = { id: store.increment("last"), ...draft };
  store.setJson(`${PREFIX}${note.id}`, note);
  return note;
}

// Replaces a note; null if there is none of this id.
export function replace(id: string, draft: Draft): Note | null {
  const key = keyOf(id);
  const store = kv.store(STORE);
  if (key === null || !store.exists(key)) {
    return null;
  }
  const note = { id: Number(id), ...draft };
  store.setJson(key, note);
  return note;
}

// Removes a note, and says whether there was one.
export function remove(id: string): boolean {
  const key = keyOf(id);
  const store = kv.store(STORE);
  if (key === null || !store.exists(key)) {
    return false;
  }
  store.delete(key);
  return true;
}

function keyOf(id: string): string | null {
  return /^[1-9]\d{0,14}$/.test(id) ? `${PREFIX}${id}` : null;
}

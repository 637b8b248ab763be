// The notes of a user, in the store: one value a user, changed in one step whoever else changes it.
import { kv } from "@vestibule/function";

export const notesOf = (user) => kv.store("notes").getJson(user.sub) ?? {};

export const change = (user, what) => kv.store("notes").updateJson(user.sub, (notes) => what(notes ?? {}));

/**
 * Texts without halves of pairs, which have no bytes in UTF-8: U+FFFD is in their place. The engine and node from 20 on have it
 * themselves; tests run on node 18, too.
 */
const LONE = /\p{Surrogate}/gu;

/** @type {(text: string) => string} */
export const wellFormed =
  typeof String.prototype.toWellFormed === "function" ? (text) => text.toWellFormed() : (text) => text.replace(LONE, "\uFFFD");

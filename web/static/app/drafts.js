// What somebody has begun and not sent: baskets, counts, forms. It survives a stray tap, a reload and a dead battery,
// and goes when it is sent or thrown away. Each person on the phone has their own.
import { session } from "./net.js";
import * as store from "./store.js";

/** @type {Map<string, any>} */
let drafts = new Map();
const keyOf = (name) => `${session.me?.id ?? ""} ${name}`;

export async function openDrafts() {
  drafts = await store.allDrafts();
}

/** @param {string} name @returns {any} what was begun, or undefined */
export const draft = (name) => drafts.get(keyOf(name));

export function keepDraft(name, value) {
  drafts.set(keyOf(name), value);
  return store.keepDraft(keyOf(name), value);
}

export function dropDraft(name) {
  drafts.delete(keyOf(name));
  return store.dropDraft(keyOf(name));
}

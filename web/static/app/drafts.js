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

/** @returns {Promise<void>} done once the phone's store has it */
export function keepDraft(name, value) {
  drafts.set(keyOf(name), value);
  return awaited(store.keepDraft(keyOf(name), value));
}

/** @returns {Promise<void>} done once the phone's store has let it go */
export function dropDraft(name) {
  drafts.delete(keyOf(name));
  return awaited(store.dropDraft(keyOf(name)));
}

// What is being written, as one promise: a page that shows a draft as kept or dropped before the store has it would
// lie to whoever reloads right after the tap.
/** @type {Promise<void> | undefined} */
let writing;
let onFault = () => {};
export const onDraftFault = (tell) => (onFault = tell);

function awaited(write) {
  const done = write.catch((error) => {
    console.error("a draft was not stored", error);
    onFault();
  });
  const all = Promise.all([writing, done]).then(() => {
    if (writing === all) writing = undefined;
  });
  writing = all;
  return all;
}

/** @returns {Promise<void> | undefined} undefined where nothing is being written */
export const draftsWritten = () => writing;

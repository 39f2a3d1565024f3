// What people do, from the tap to the book: written down durably first, then sent, in order, one tab at a time, for as
// long as it takes. Each has its own id, so that sending it again books nothing twice.
import { code as depotCode } from "./book.js";
import { now, stamp, trueTime } from "./clock.js";
import { ask, identify, isVerdict, newId, session } from "./net.js";
import * as store from "./store.js";

const SHORT = 4_000; // milliseconds that somebody waits for an answer before it counts as waiting
const SOON = 500; // milliseconds: another tab may be at it
const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000];
const channel = new BroadcastChannel("readyshelf");
const listeners = new Set();
const bookedListeners = new Set();
const watched = new Map(); // id -> what to do with its outcome
let failures = 0;
let timer;
let running;
let turn = 0; // of a page: who has turned it meanwhile must not find the next one changed by what became of the last
addEventListener("hashchange", () => (turn += 1));

export const onChange = (listener) => listeners.add(listener);
/** Called once this tab has sent what waited, however many acts that were. */
export const onBooked = (listener) => bookedListeners.add(listener);
channel.onmessage = () => tellListeners(false);

function tellListeners(others = true) {
  for (const listener of listeners) listener();
  if (others) channel.postMessage("changed");
}

/**
 * Store what somebody did, send it, and answer what became of it: booked, refused, or waiting where no answer came
 * within SHORT.
 * @param {object} entry
 * @param {object} more `what` names it for people: [text, params]; `where` from where to where, as { zh, en } pairs.
 *   `effects` are [lot, from, to, quantity], `adds` a row for a list, `sets` changes of what stands there (book.js):
 *   all are laid over the phone's picture until one that contains them has come. `undo` is the counter-act, as
 *   { entry, what, effects, sets }, `undoes` the id of the act that this one takes back.
 */
export async function tell(entry, { what, where, effects = [], adds, sets = [], photos = [], undo, undoes } = {}) {
  const id = entry.id ?? newId();
  const here = turn;
  const at = now().toISOString();
  const record = {
    id,
    entry: { ...entry, id, happened_at: at, ...(photos.length ? { photos: photos.map((one) => one.id) } : {}) },
    ...{ what, where, effects, adds, sets, undo, undoes, at },
    stamp: stamp(),
    depot: depotCode,
    person: session.me?.id,
    name: session.me?.name,
    state: "waiting",
    late: !session.online,
    tries: 0,
  };
  await store.enqueue(record, photos);
  tellListeners();
  const outcome = new Promise((resolve) => watched.set(id, resolve));
  send();
  const wait = session.online ? SHORT : 300;
  const patience = new Promise((resolve) => setTimeout(() => resolve({ id, state: "waiting" }), wait));
  return { ...(await Promise.race([outcome, patience])), id, what, where, undo, left: turn !== here };
}

/** Send what waits, unless another tab or call is at it. */
export function send() {
  clearTimeout(timer);
  const alone = (lock) => lock && drain();
  running ??= (navigator.locks ? navigator.locks.request("readyshelf-queue", { ifAvailable: true }, alone) : drain())
    .catch((error) => console.error("sending failed", error))
    .finally(() => {
      running = undefined;
      plan();
    });
  return running;
}

async function plan() {
  const left = (await store.waiting()).filter((record) => record.state === "waiting");
  clearTimeout(timer);
  if (!left.length || session.signedOut) return;
  const fresh = left.some((record) => !record.tries && record.person === session.me?.id) && !failures;
  timer = setTimeout(send, fresh ? SOON : PAUSES[Math.min(failures, PAUSES.length - 1)]);
}

async function drain() {
  if (!session.online) identified = false; // whether anybody hears us is tried without an act
  if (!navigator.onLine || !session.me || !(await haveToken())) return void (failures += 1);
  let sent = 0;
  try {
    for (;;) {
      const record = (await store.waiting()).find((one) => one.state === "waiting" && one.person === session.me?.id);
      if (!record) break;
      if (!(await sendOne(record))) return void (failures += 1);
      failures = 0;
      sent += 1;
    }
  } finally {
    if (sent) for (const listener of bookedListeners) listener();
  }
}

let identified = false;
async function haveToken() {
  if (!identified) {
    await identify();
    identified = session.online && !session.signedOut;
  }
  return identified;
}

// Whether to go on with the next one. What somebody was told is saved, and walked away with, is a fact by now.
async function sendOne(record) {
  if (await isMoot(record)) return true;
  if (!(await ready(record))) return true; // withdrawn at the last moment
  if (!(await sendPhotos(record))) return postpone(record);
  let answer = await ask("POST", "/api/entries", { ...record.entry, late: record.late });
  if (answer.ours && answer.status === 403) {
    await identify(); // perhaps only the form's token is too old, or somebody has signed out
    if (!session.me || session.signedOut || !session.online) return postpone(record);
    answer = await ask("POST", "/api/entries", { ...record.entry, late: record.late });
  }
  if (answer.ok && answer.body?.outcome) {
    const { outcome, why } = answer.body;
    await settle(record, { state: outcome.state, result: outcome.result, why });
    return true;
  }
  if (!isVerdict(answer)) return postpone(record, answer.status);
  await store.change({ ...record, state: "refused", problem: answer.body });
  resolve(record.id, { state: "refused", problem: answer.body });
  tellListeners();
  return true;
}

// When it truly happened is worked out once, before the first try: sent again it must say the same.
async function ready(record) {
  record.late ||= now().getTime() - Date.parse(record.at) > SHORT;
  if (!record.tries && record.stamp) {
    const { instant, ...clock } = trueTime(record.stamp);
    record.at = record.entry.happened_at = instant.toISOString();
    record.entry.clock = clock;
    record.late ||= now().getTime() - instant.getTime() > SHORT;
  }
  record.tries += 1;
  return store.change(record);
}

// A counter-act of what was never booked is no act.
async function isMoot(record) {
  if (!record.undoes || record.tries) return false;
  const original = await store.doneOne(record.undoes);
  const refused = (await store.waiting()).some((one) => one.id === record.undoes && one.state === "refused");
  if (!refused && !["withdrawn", "dismissed", "refused"].includes(original?.state)) return false;
  await settle(record, { state: "withdrawn" });
  return true;
}

// The pictures go before the word. One that the server itself will not have is left behind.
async function sendPhotos(record) {
  for (const id of record.entry.photos ?? []) {
    const blob = await store.photo(id);
    const put = () => ask("PUT", `/api/photos/${id}`, blob, blob.type);
    let answer = blob && (await put());
    if (answer?.ours && answer.status === 403 && (await identify())) answer = await put();
    if (!answer || answer.ok) continue;
    if (!isVerdict(answer)) return false;
    if (answer.status === 403) return true; // the word itself will meet the same verdict; the picture stays
    record.entry.photos = record.entry.photos.filter((one) => one !== id);
  }
  return true;
}

async function settle(record, outcome) {
  await store.settle(record, outcome);
  resolve(record.id, outcome);
  tellListeners();
}

function resolve(id, outcome) {
  watched.get(id)?.({ id, ...outcome });
  watched.delete(id);
}

async function postpone(record, status) {
  if (status === 401 || !session.me) identified = false;
  await store.change({ ...record, late: true });
  tellListeners();
  return false;
}

/**
 * Take an act back: what has not been sent is withdrawn, what has been is booked back by a counter-act.
 * @returns {Promise<object>} what became of it, as of an entry
 */
export async function undo(id) {
  const { undo: counter, what } =
    (await store.waiting()).find((one) => one.id === id) ?? (await store.doneOne(id)) ?? {};
  if (await store.withdraw(id, { state: "withdrawn" })) {
    resolve(id, { state: "withdrawn" });
    tellListeners();
    return { id, what, state: "withdrawn" };
  }
  if (!counter) return { id, what, state: "kept" };
  const { entry, ...more } = counter;
  const fresh = entry.movements
    ? { ...entry, movements: entry.movements.map((one) => ({ ...one, id: newId() })) }
    : entry;
  const outcome = await tell(fresh, { ...more, undoes: id });
  if (outcome.state !== "refused") await store.changeDone(id, { undone: true });
  return outcome;
}

/** Whether an act that waits may still be withdrawn: it has not been sent, and nothing that waits builds on it. */
export const mayWithdraw = (record, queue) =>
  !record.tries && !queue.some((one) => one.id !== record.id && JSON.stringify(one.entry).includes(record.id));

// The keeper says that it did happen, whatever the book says: it is told again as a late fact.
export async function insist(record) {
  await store.change({ ...record, state: "waiting", late: true });
  tellListeners();
  return send();
}

export async function dismiss(record) {
  await store.dismiss(record, { state: "dismissed", why: record.problem?.detail });
  tellListeners();
}

/** Signed in again, or the signal is back. */
export function wake() {
  failures = 0;
  identified = false;
  return send();
}

addEventListener("online", wake);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());

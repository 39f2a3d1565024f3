// What people do, from the tap to the book: written down durably first, then sent, in order, one tab at a time, for as
// long as it takes. Each has its own id, so that sending it again books nothing twice.
import { ask, identify, newId, now, session } from "./net.js";
import * as store from "./store.js";

const SHORT = 4_000; // milliseconds that somebody waits for an answer before it counts as waiting
const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000];
const channel = new BroadcastChannel("readyshelf");
const listeners = new Set();
const watched = new Map(); // id -> what to do with its outcome
let failures = 0;
let timer;
let running;
let turn = 0; // of a page: who has turned it meanwhile must not find the next one changed by what became of the last
addEventListener("hashchange", () => (turn += 1));

export const onChange = (listener) => listeners.add(listener);
channel.onmessage = () => tellListeners(false);

function tellListeners(others = true) {
  for (const listener of listeners) listener();
  if (others) channel.postMessage("changed");
}

// Tell an entry. `what` names it for people: { zh, en }. `effects` are [lot, from, to, quantity] for the phone's own
// picture of the shelves until the server has answered; `adds` a row for one of its lists.
export async function tell(entry, { what, effects = [], adds, photos = [], at } = {}) {
  const id = entry.id ?? newId();
  const happened = (at ?? now()).toISOString();
  const record = {
    id,
    entry: { ...entry, id, happened_at: happened, ...(photos.length ? { photos: photos.map((one) => one.id) } : {}) },
    what,
    effects,
    adds,
    at: happened,
    person: session.me?.id,
    name: session.me?.name,
    state: "waiting",
    late: !session.online,
    tries: 0,
  };
  const here = turn;
  await store.enqueue(record, photos);
  tellListeners();
  const outcome = new Promise((resolve) => watched.set(id, resolve));
  send();
  const patience = new Promise((resolve) => setTimeout(() => resolve({ id, state: "waiting" }), session.online ? SHORT : 300));
  return { ...(await Promise.race([outcome, patience])), left: turn !== here };
}

// Send what waits, unless another tab or call is at it.
export function send() {
  clearTimeout(timer);
  running ??= (navigator.locks ? navigator.locks.request("readyshelf-queue", { ifAvailable: true }, (lock) => lock && drain()) : drain())
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
  timer = setTimeout(send, PAUSES[Math.min(failures, PAUSES.length - 1)]);
}

async function drain() {
  if (!session.me || !(await haveToken())) return;
  let sent = 0;
  for (;;) {
    const record = (await store.waiting()).find((one) => one.state === "waiting" && one.person === session.me?.id);
    if (!record) break;
    if (!(await sendOne(record))) {
      failures += 1;
      return;
    }
    failures = 0;
    sent += 1;
  }
  if (sent) tellListeners();
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
  record.late ||= now() - Date.parse(record.at) > SHORT;
  for (const id of record.entry.photos ?? []) {
    const blob = await store.photo(id);
    const answer = blob && (await ask("PUT", `/api/photos/${id}`, blob, blob.type));
    if (answer && !answer.ok && !isFinal(answer)) return postpone(record, answer);
    if (answer && isFinal(answer)) record.entry.photos = record.entry.photos.filter((one) => one !== id); // the word goes before the picture
  }
  const answer = await ask("POST", "/api/entries", { ...record.entry, late: record.late });
  if (answer.ok) {
    const { outcome, why } = answer.body;
    await settle(record, { state: outcome.state, result: outcome.result, why });
    return true;
  }
  if (!isFinal(answer)) return postpone(record, answer);
  await store.change({ ...record, state: "refused", problem: answer.body });
  resolve(record.id, { state: "refused", problem: answer.body });
  tellListeners();
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

// A verdict on the entry itself; anything else (no signal, a server that restarts, a session that is over) only delays.
function isFinal(answer) {
  if (answer.offline || answer.ok || answer.status >= 500) return false;
  if (answer.status === 403 && answer.body?.type === "/problems/forbidden" && !identifiedAnew) return false;
  return ![401, 408, 429].includes(answer.status);
}

let identifiedAnew = false;
async function postpone(record, answer) {
  if (answer.status === 401) identified = false;
  if (answer.status === 403) {
    // perhaps only the form's token is too old: fetch a new one, once, and try again
    identifiedAnew = true;
    await identify();
    const again = await sendOne(record);
    identifiedAnew = false;
    return again;
  }
  await store.change({ ...record, late: true, tries: record.tries + 1 });
  tellListeners();
  return false;
}

// The keeper says that it did happen, whatever the book says: it is told again as a late fact, which is never refused.
export async function insist(record) {
  await store.change({ ...record, state: "waiting", late: true });
  tellListeners();
  return send();
}

export async function dismiss(record) {
  await store.dismiss(record, { state: "dismissed", why: record.problem?.detail });
  tellListeners();
}

// Signed in again, or the signal is back.
export function wake() {
  failures = 0;
  identified = false;
  return send();
}

addEventListener("online", wake);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());

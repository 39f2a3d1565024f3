// What lies on this phone. `kept` is what the server told and may be wiped; `queue`, `photos` and `done` are what this
// phone has to tell, in order, and what became of it; `laid` are booked acts that no picture of the server's contains
// yet; `drafts` is what somebody has begun; `own` is the phone's. Nothing but `kept` is ever thrown away unasked.
import { openDB } from "/vendor/idb.js";

const DURABLE = { durability: "strict" };
const DONE_KEPT = 200;

const opened = openDB("readyshelf", 2, {
  upgrade(db, before) {
    if (before < 1) {
      db.createObjectStore("kept");
      const queue = db.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
      queue.createIndex("id", "id", { unique: true });
      db.createObjectStore("photos");
      db.createObjectStore("done", { keyPath: "seq" });
    }
    if (before < 2) {
      db.createObjectStore("laid", { keyPath: "seq" });
      db.createObjectStore("drafts");
      db.createObjectStore("own");
    }
  },
  blocking: (_current, _blocked, event) => event.target.close(),
});

export const kept = async (key) => (await opened).get("kept", key);
export const keep = async (key, value) => (await opened).put("kept", value, key);
export async function wipeKept() {
  const tx = (await opened).transaction(["kept", "laid"], "readwrite");
  tx.objectStore("kept").clear();
  tx.objectStore("laid").clear();
  await tx.done;
  await globalThis.caches?.delete("pictures");
}

export const own = async (key) => (await opened).get("own", key);
export const keepOwn = async (key, value) => (await opened).put("own", value, key);

/** The next number of a row of pictures: a later one was asked for later, whichever tab asked. */
export async function nextTicket() {
  const tx = (await opened).transaction("own", "readwrite");
  const number = ((await tx.store.get("ticket")) ?? 0) + 1;
  await tx.store.put(number, "ticket");
  await tx.done;
  return number;
}

export async function enqueue(record, photos = []) {
  const tx = (await opened).transaction(["queue", "photos"], "readwrite", DURABLE);
  for (const { id, blob } of photos) tx.objectStore("photos").put(blob, id);
  const seq = await tx.objectStore("queue").add(record);
  await tx.done;
  return { ...record, seq };
}

export const waiting = async () => (await opened).getAll("queue");
export const photo = async (id) => (await opened).get("photos", id);
export const done = async () => (await (await opened).getAll("done")).reverse();
export const laid = async () => (await opened).getAll("laid");

/**
 * Pictures, and the acts that may lie over them, of one moment: read one by one, an act could be in both or in neither.
 * @param {string} code of the depot
 * @param {{ shelves?: number | null, work?: number | null }} have tickets of the pictures at hand: not read again
 */
export async function look(code, have) {
  const tx = (await opened).transaction(["kept", "queue", "laid"]);
  const keptOne = (key) => tx.objectStore("kept").get(key);
  const [queue, acts] = await Promise.all([tx.objectStore("queue").getAll(), tx.objectStore("laid").getAll()]);
  const found = { queue, laid: acts };
  for (const name of ["shelves", "work"]) {
    const ticket = await keptOne(`ticket:${name}:${code}`);
    if (have[name] === null || ticket !== have[name]) found[name] = (await keptOne(`${name}:${code}`)) ?? {};
  }
  await tx.done;
  return found;
}

/** Write a waiting record anew; false where it has been withdrawn or settled meanwhile. */
export async function change(record) {
  const tx = (await opened).transaction("queue", "readwrite", DURABLE);
  const there = await tx.store.get(record.seq);
  if (there) await tx.store.put(record);
  await tx.done;
  return Boolean(there);
}

/** Take a record back before it is sent; false where it is on its way already, or told. */
export async function withdraw(id, outcome) {
  const tx = (await opened).transaction(["queue", "photos", "done"], "readwrite", DURABLE);
  const record = await tx.objectStore("queue").index("id").get(id);
  const free = record && !record.tries;
  if (free) await move(tx, record, outcome);
  await tx.done;
  return Boolean(free);
}

/** Told: out of the queue and into what became of it, in one transaction. A booked act stays laid over the picture. */
export async function settle(record, outcome) {
  const tx = (await opened).transaction(["queue", "photos", "done", "laid"], "readwrite", DURABLE);
  await move(tx, record, outcome);
  const { seq, id, person, depot, entry, effects, adds, sets } = record;
  if (outcome.state === "booked")
    tx.objectStore("laid").put({
      ...{ seq, id, person, depot, entry, effects, adds, sets },
      missing: ["shelves", "work"],
    });
  await tx.done;
}

async function move(tx, record, outcome) {
  tx.objectStore("queue").delete(record.seq);
  for (const id of record.entry.photos ?? []) tx.objectStore("photos").delete(id);
  const store = tx.objectStore("done");
  const { seq, id, person, what, at, late, undo, undoes, depot, where } = record;
  store.put({ seq, id, person, what, at, late, undo, undoes, depot, where, kind: record.entry.kind, ...outcome });
  const keys = await store.getAllKeys();
  for (const old of keys.slice(0, Math.max(0, keys.length - DONE_KEPT))) store.delete(old);
}

/**
 * Keep a picture, unless a later one is there; what it contains is no longer laid over it.
 * @param {"shelves" | "work"} name
 * @param {{ ticket: number }} picture
 * @param {Set<string>} contained ids of acts
 */
export async function keepPicture(name, code, picture, contained) {
  const tx = (await opened).transaction(["kept", "laid"], "readwrite");
  const key = `${name}:${code}`;
  const before = await tx.objectStore("kept").get(key);
  const newer = !before?.ticket || before.ticket < picture.ticket;
  if (newer) {
    await tx.objectStore("kept").put(picture, key);
    await tx.objectStore("kept").put(picture.ticket, `ticket:${key}`);
    for (const act of await tx.objectStore("laid").getAll()) {
      if (!contained.has(act.id)) continue;
      act.missing = act.missing.filter((one) => one !== name);
      if (act.missing.length) await tx.objectStore("laid").put(act);
      else await tx.objectStore("laid").delete(act.seq);
    }
  }
  await tx.done;
  return newer;
}

/** The keeper says that a refused action did not happen, or has been dealt with otherwise. */
export const dismiss = (record, outcome) => settle(record, { dismissed: true, ...outcome });

export const doneOne = async (id) => (await done()).find((row) => row.id === id);
export async function changeDone(id, change) {
  const tx = (await opened).transaction("done", "readwrite");
  for (const row of await tx.store.getAll()) if (row.id === id) await tx.store.put({ ...row, ...change });
  await tx.done;
}

export async function allDrafts() {
  const tx = (await opened).transaction("drafts");
  const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
  return new Map(keys.map((key, number) => [key, values[number]]));
}
export const keepDraft = async (key, value) => (await opened).put("drafts", value, key);
export const dropDraft = async (key) => (await opened).delete("drafts", key);

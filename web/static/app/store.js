// What lies on this phone. `kept` is what the server told and may be wiped; `queue`, `photos` and `done` are what this
// phone has to tell, in order, and what became of it: nothing of that is ever thrown away but by its own keeper.
import { openDB } from "/vendor/idb.js";

const DURABLE = { durability: "strict" };
const DONE_KEPT = 200;

const opened = openDB("readyshelf", 1, {
  upgrade(db) {
    db.createObjectStore("kept");
    const queue = db.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
    queue.createIndex("id", "id", { unique: true });
    db.createObjectStore("photos");
    db.createObjectStore("done", { keyPath: "seq" });
  },
  blocking: (_current, _blocked, event) => event.target.close(),
});

export const kept = async (key) => (await opened).get("kept", key);
export const keep = async (key, value) => (await opened).put("kept", value, key);
export const wipeKept = async () => (await opened).clear("kept");

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

export async function change(record) {
  const tx = (await opened).transaction("queue", "readwrite", DURABLE);
  if (await tx.store.get(record.seq)) await tx.store.put(record);
  await tx.done;
}

// Told: out of the queue and into what became of it, in one transaction.
export async function settle(record, outcome) {
  const tx = (await opened).transaction(["queue", "photos", "done"], "readwrite", DURABLE);
  tx.objectStore("queue").delete(record.seq);
  for (const id of record.entry.photos ?? []) tx.objectStore("photos").delete(id);
  const store = tx.objectStore("done");
  store.put({ seq: record.seq, id: record.id, what: record.what, at: record.at, late: record.late, ...outcome });
  const keys = await store.getAllKeys();
  for (const old of keys.slice(0, Math.max(0, keys.length - DONE_KEPT))) store.delete(old);
  await tx.done;
}

// The keeper says that a refused action did not happen, or has been dealt with otherwise.
export async function dismiss(record, outcome) {
  await settle(record, { dismissed: true, ...outcome });
}

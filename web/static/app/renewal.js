// Where the phone's picture of a depot comes from: what it has stored, at once, and what the server says since.
import { now } from "./clock.js";
import { book, code, lay, standAt } from "./book.js";
import { remember, standing } from "./here.js";
import { ask, session } from "./net.js";
import * as store from "./store.js";

const FIRST = 200; // depots that are kept for choosing without a signal
const OLD = 55_000; // milliseconds after which lists of the city are asked for anew
const KEYS = {
  places: "id",
  items: "code",
  lots: "id",
  stock: 1,
  codes: 1,
  kit_lines: "kit",
  seals: "place",
  checks: "place",
  back: 0,
};

let asked = 0; // when the depots were asked for last

/** What is kept on the phone: the app opens with it at once, signal or none. */
export async function open() {
  book.depots = (await store.kept("depots")) ?? [];
  if (!code) standAt(book.depots[0]?.code ?? "");
  book.tasks = (await store.kept(`todo:${code}`))?.tasks ?? [];
  await lay();
}

/** Another depot: what the phone has of it shows at once, what the server has follows. */
export async function choose(wanted) {
  standAt(wanted);
  asked = 0;
  remember(wanted);
  await open();
}

let placed = false; // once, when the app opens
async function place() {
  placed = true;
  const here = await standing(localStorage.getItem("depot") ?? "");
  if (here && here !== code) await choose(here);
}

let running;
let again = false;
/** Ask the server what is new: once at a time, and once more if something happened meanwhile. */
export function renew() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      await renewOnce();
    } while (again);
  })().finally(() => (running = undefined));
  return running;
}

async function renewOnce() {
  if (!placed) await place();
  if (Date.now() - asked > OLD && !(await renewDepots())) return lay();
  if (!code || session.signedOut) return lay();
  const wanted = code;
  const act = await store.laid();
  const before = new Set(act.map((one) => one.id));
  const ticket = await store.nextTicket();
  await Promise.all([
    renewPicture("shelves", wanted, ticket, before),
    renewPicture("work", wanted, ticket, before),
    renewTasks(wanted),
  ]);
  return lay();
}

// What was acknowledged before the picture was asked for is in it, and so is what the server says is in it.
async function renewPicture(name, wanted, ticket, before) {
  const held = (await store.kept(`${name}:${wanted}`)) ?? {};
  const path = `/api/phone/${encodeURIComponent(wanted)}/${name}`;
  let answer = held.version
    ? await ask("GET", `${path}?since=${held.version}`)
    : await ask("GET", path, undefined, undefined, held.etag ? { "if-none-match": held.etag } : {});
  if (answer.ours && answer.status === 422) answer = await ask("GET", path);
  if (!answer.ok) return;
  const told = (answer.header("readyshelf-told") ?? "").split(" ").filter(Boolean);
  const body =
    answer.status === 304
      ? { ...held.body, at: now().toISOString() }
      : answer.body.changed
        ? replaced(held.body, answer.body)
        : answer.body;
  const version = answer.body?.version ?? answer.header("readyshelf-version") ?? held.version;
  const fresh = { body, ticket, told, version, etag: answer.header("etag") ?? undefined };
  await store.keepPicture(name, wanted, fresh, new Set([...before, ...told]));
}

// The changed buckets in place of the phone's own rows (phone/changes.py).
function replaced(body, { at, head, buckets, changed }) {
  const made = { ...body, ...head, at };
  for (const [section, fresh] of Object.entries(changed)) {
    const rows = section === "codes" ? Object.entries(body.codes) : body[section];
    const bucket = (row) =>
      [...String(row[KEYS[section]])].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % buckets[section];
    const all = [...rows.filter((row) => !(bucket(row) in fresh)), ...Object.values(fresh).flat()];
    if (section === "places") all.sort((a, b) => a.position - b.position || a.zh.localeCompare(b.zh));
    made[section] = section === "codes" ? Object.fromEntries(all) : all;
  }
  return made;
}

async function renewDepots() {
  const answer = await ask("GET", `/api/depots?limit=${FIRST}`);
  if (!answer.ok) return !answer.offline;
  asked = Date.now();
  book.depots = answer.body.items.filter((row) => row.status === "open").map(asDepot);
  if (!book.depots.some((depot) => depot.code === code)) {
    const chosen = code ? await ask("GET", `/api/depots/${encodeURIComponent(code)}`) : undefined;
    if (chosen?.ok)
      book.depots.push(asDepot(chosen.body)); // beyond the first ones, and chosen all the same
    else if (!chosen || chosen.status === 404) standAt(book.depots[0]?.code ?? "");
  }
  await store.keep("depots", book.depots);
  return true;
}

export const asDepot = (row) => ({ code: row.code, zh: row.name_zh, en: row.name_en });

// What is to do, by danger; with every renewal, for what is done is no longer there.
async function renewTasks(wanted) {
  const held = await store.kept(`todo:${wanted}`);
  const known = held?.etag ? { "if-none-match": held.etag } : {};
  const answer = await ask("GET", `/api/depots/${encodeURIComponent(wanted)}/todo`, undefined, undefined, known);
  if (!answer.ok) return;
  const fresh = answer.status === 304 ? held : { tasks: answer.body.tasks, etag: answer.header("etag") };
  await store.keep(`todo:${wanted}`, fresh);
  if (code === wanted) book.tasks = fresh.tasks;
}

// The phone's picture of one depot: what the server told last, and on top of it every act of this phone that is not yet
// in that picture: those that wait, and those that are booked until a picture with them has come. So no page ever shows
// a state that was never true.
import { now } from "./clock.js";
import { remember, standing } from "./here.js";
import { ask, session } from "./net.js";
import { _, either } from "./texts.js";
import * as store from "./store.js";
import { stillToDo } from "./todo.js";

const EMPTY = {
  depot: undefined,
  may: [],
  places: [],
  items: [],
  lots: [],
  stock: [],
  codes: {},
  kit_lines: [],
  seals: [],
  checks: [],
  back: [],
};
const NO_WORK = {
  loans: [],
  incidents: [],
  transfers: [],
  counts: [],
  faults: [],
  proposals: [],
  hand_outs: [],
  reclaims: [],
  held: [],
};
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

/** @typedef {{ body: any, ticket?: number, told?: string[], etag?: string, version?: string }} Picture */
/** @type {{ code?: string, shelves: Picture, work: Picture }} as the server told them; of which depot */
let pictures = { shelves: { body: EMPTY }, work: { body: NO_WORK } };
let asked = 0; // when the depots were asked for last

export const book = {
  shelves: EMPTY,
  work: NO_WORK,
  tasks: [],
  todo: [],
  depots: [],
  chosen: undefined,
  queue: [],
  place: new Map(),
  item: new Map(),
  lot: new Map(),
  balance: new Map(),
  back: new Map(),
  rows: [],
};
export let code = localStorage.getItem("depot") ?? "";

export const may = (act) => book.shelves.may.includes(act);
export const today = () => book.shelves.today;

/** What is kept on the phone: the app opens with it at once, signal or none. */
export async function open() {
  book.depots = (await store.kept("depots")) ?? [];
  code ||= book.depots[0]?.code ?? "";
  book.tasks = (await store.kept(`todo:${code}`))?.tasks ?? [];
  await lay();
}

/** Another depot: what the phone has of it shows at once, what the server has follows. */
export async function choose(wanted) {
  code = wanted;
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
    else if (!chosen || chosen.status === 404) code = book.depots[0]?.code ?? "";
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

let laying = Promise.resolve();
/** Index the picture, and lay over it what is not in it: one at a time, so that no older one comes last. */
export const lay = () => (laying = laying.then(layOnce, layOnce));

async function layOnce() {
  const wanted = code;
  const same = pictures.code === wanted;
  const have = { shelves: same ? pictures.shelves.ticket : null, work: same ? pictures.work.ticket : null };
  const seen = await store.look(wanted, have);
  const taken = (name, empty) => (seen[name] ? { ...seen[name], body: seen[name].body ?? empty } : pictures[name]);
  pictures = { code: wanted, shelves: taken("shelves", EMPTY), work: taken("work", NO_WORK) };
  book.queue = seen.queue.filter((record) => record.person === session.me?.id || !session.me);
  if (session.signedOut) {
    pictures = { shelves: { body: EMPTY }, work: { body: NO_WORK } };
    book.tasks = [];
  }
  const acts = [...seen.laid, ...book.queue.filter((record) => record.state === "waiting")];
  const missing = (name) =>
    // an act whose first answer was lost may be in a picture before it is known to be booked
    acts.filter((act) => !pictures[name].told?.includes(act.id) && (act.missing?.includes(name) ?? true));
  layShelves(missing("shelves"));
  layWork(missing("work").filter((act) => !act.depot || act.depot === wanted));
  book.todo = stillToDo(book.tasks, acts, book);
}

function layShelves(acts) {
  const shelves = (book.shelves = { ...pictures.shelves.body });
  book.place = new Map(shelves.places.map((row) => [row.id, row]));
  book.item = new Map(shelves.items.map((row) => [row.code, row]));
  book.lot = new Map(shelves.lots.map((row) => [row.id, { ...row, ...{ of: book.item.get(row.item) } }]));
  book.balance = new Map(shelves.stock.map(([place, lot, quantity]) => [`${place} ${lot}`, Number(quantity)]));
  book.back = new Map();
  for (const [holder, lot, to, quantity] of shelves.back ?? []) cameFrom(holder, lot, to, Number(quantity), false);
  for (const act of acts) {
    for (const [lot, from, to, quantity] of act.effects ?? []) {
      follow(lot, from, to, quantity);
      if (from) add(from, lot, -quantity);
      if (to) add(to, lot, quantity);
    }
    for (const set of act.sets ?? []) LAY[set.lay]?.(shelves, set);
  }
  book.rows = [...book.balance]
    .filter(([, quantity]) => quantity > 0)
    .map(asRow)
    .sort(byItem);
}

// What an act changes besides moving stock. Each entry of an act's `sets` names one of these in `lay`.
const LAY = {
  amount: (_, { place, lot, quantity }) => book.balance.set(`${place} ${lot}`, quantity),
  condition: (_, { lot, condition }) => book.lot.has(lot) && (book.lot.get(lot).condition = condition),
  dates: (_, { lot, through, expiry }) => book.lot.has(lot) && Object.assign(book.lot.get(lot), { through, expiry }),
  seal: (shelves, { place, number, at }) => {
    shelves.seals = shelves.seals.filter((row) => row.place !== place);
    if (number) shelves.seals.push({ place, number, at, short: [] });
  },
  checked: (shelves, { place, at }) =>
    (shelves.checks = [...shelves.checks.filter((row) => row.place !== place), { place, at }]),
};

function layWork(acts) {
  const work = (book.work = { ...pictures.work.body });
  book.added = { loans: [], incidents: [], counts: [], faults: [], transfers: [] };
  for (const act of acts) {
    const { list, row } = act.adds ?? {};
    const there = (work[list] ?? []).some((one) => one.id === act.id);
    if (book.added[list] && !there) book.added[list].push({ ...row, id: act.id, waiting: !act.missing });
    for (const { lay: how, in: name, id, set } of act.sets ?? []) {
      if (how === "gone") work[name] = work[name].filter((one) => one.id !== id);
      if (how !== "row") continue;
      const changed = (one) => (one.id === id ? { ...one, ...set } : one);
      work[name] = work[name].map(changed);
      if (book.added[name]) book.added[name] = book.added[name].map(changed);
    }
  }
}

function asRow([key, quantity]) {
  const [place, lot] = key.split(" ");
  return { place, lot: book.lot.get(lot) ?? { id: lot, of: undefined, number: "" }, quantity };
}
const byItem = (a, b) => (a.lot.item ?? "").localeCompare(b.lot.item ?? "") || a.lot.id.localeCompare(b.lot.id);

function add(place, lot, quantity) {
  const key = `${place} ${lot}`;
  book.balance.set(key, Math.max(0, round((book.balance.get(key) ?? 0) + quantity)));
}

// Where what is out goes back to, by the server's word; what this phone has done since comes on top.
const stores = (id) => STORAGE.includes(book.place.get(id)?.kind);
function cameFrom(holder, lot, place, quantity, first = true) {
  const key = `${holder} ${lot}`;
  const others = (book.back.get(key) ?? []).filter((one) => one.to !== place);
  const before = (book.back.get(key) ?? []).find((one) => one.to === place)?.quantity ?? 0;
  const fresh = { to: place, quantity: round(before + quantity) };
  book.back.set(key, first ? [fresh, ...others] : [...others, fresh]);
}
function follow(lot, from, to, quantity) {
  if (to && stores(from) && !stores(to)) return cameFrom(to, lot, from, quantity);
  const parts = book.back.get(`${from} ${lot}`);
  if (!parts) return undefined;
  let left = quantity;
  for (const part of [...parts.filter((one) => one.to === to), ...parts.filter((one) => one.to !== to)]) {
    const gone = Math.min(part.quantity, left);
    part.quantity = round(part.quantity - gone);
    left = round(left - gone);
  }
  book.back.set(
    `${from} ${lot}`,
    parts.filter((one) => one.quantity > 0),
  );
  return undefined;
}

/** To which places so much of a lot goes back from who has it: [{ to, quantity }]; without `to` the server knows. */
export function goesBack(holder, lot, quantity) {
  let left = quantity;
  const found = [];
  for (const one of book.back.get(`${holder} ${lot}`) ?? []) {
    const part = Math.min(one.quantity, left);
    if (part > 0) found.push({ to: one.to, quantity: part });
    left = round(left - part);
  }
  return left > 0 ? [...found, { to: undefined, quantity: left }] : found;
}

export const round = (value) => Math.round(value * 1000) / 1000;

// Rows { place, lot, quantity } of a place, or of a lot.
export const stockAt = (placeId) => book.rows.filter((row) => row.place === placeId);
export const stockOf = (lotId) => book.rows.filter((row) => row.lot.id === lotId);

export const OUT = ["holder", "incident", "transit"];
export const STORAGE = ["room", "bay", "shelf", "bin", "vehicle", "kit"];
export const storage = () => book.shelves.places.filter((row) => STORAGE.includes(row.kind));
export const nameOf = (lot) =>
  `${either(lot.of) || lot.number || lot.id.slice(0, 8)}${lot.size ? ` · ${_("size {size}", { size: lot.size })}` : ""}`;
export const unitOf = (lot) => (lot.of ? either(lot.of, "unit_") : "");
/** So much of a lot with its unit, and in its second measure: 6 rolls (120 m). */
export function amountOf(quantity, lot) {
  const measure = lot.of?.measure;
  const also = measure ? ` (${round(quantity * Number(measure.per))} ${either(measure)})` : "";
  return `${quantity} ${unitOf(lot)}${also}`;
}
export const placeName = (id) => either(book.place.get(id)) || "";
/** What one holds of other depots, as rows that can be brought back; of those it was moved from, too. */
export const heldElsewhere = () =>
  (book.work.held ?? []).map((one) => ({
    ...{ place: one.place, quantity: Number(one.quantity), held: one.id, code: one.code, depot: pairOf(one, "depot_") },
    lot: { id: one.lot, number: one.number, of: one },
  }));
const pairOf = (row, prefix) => ({ zh: row[`${prefix}zh`], en: row[`${prefix}en`] });
export const lists = (name) => [...book.added[name], ...book.work[name]];
export const mine = () => book.shelves.places.find((row) => row.mine);

// How a lot stands today: a word for its badge, and whether it may be handed out without a second thought.
export function state(lot) {
  if (lot.condition === "quarantined") return "hold";
  if (lot.condition === "unfit") return "faulty";
  if (lot.expiry === "unknown") return "undated";
  if (lot.through && lot.through < today()) return "expired";
  if (lot.unchecked) return "unchecked";
  if (lot.through && daysTo(lot.through) <= 30) return "soon";
  return "fit";
}
export const daysTo = (day) => Math.round((Date.parse(day) - Date.parse(today())) / 86_400_000);

// A kit or vehicle: what should be in it, what is, what of that is fit, what ends first (T43 to T48).
export function kit(placeId) {
  const lot = book.lot.get(placeId);
  const content = stockAt(placeId);
  const parts = new Map();
  for (const line of book.shelves.kit_lines) {
    if (line.kit === lot?.item)
      parts.set(line.item, {
        item: book.item.get(line.item),
        code: line.item,
        should: Number(line.quantity),
        held: 0,
        ready: 0,
      });
  }
  for (const row of content) {
    const code = row.lot.item;
    const part = parts.get(code) ?? { item: row.lot.of, code, should: 0, held: 0, ready: 0 };
    part.held = round(part.held + row.quantity);
    if (["fit", "soon"].includes(state(row.lot))) part.ready = round(part.ready + row.quantity);
    if (row.lot.through && (!part.ends || row.lot.through < part.ends)) part.ends = row.lot.through;
    parts.set(code, part);
  }
  const all = [...parts.values()];
  const ends = all
    .map((part) => part.ends)
    .filter(Boolean)
    .sort()[0];
  const checked = book.shelves.checks.find((row) => row.place === placeId)?.at;
  const due = !checked || now().getTime() - Date.parse(checked) > 30 * 86_400_000;
  return {
    lot,
    content,
    parts: all,
    short: all.filter((part) => part.ready < part.should),
    ends,
    seal: book.shelves.seals.find((row) => row.place === placeId),
    checked,
    due,
  };
}

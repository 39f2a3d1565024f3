// The phone's picture of one depot: what the server told last, and on top of it what this phone has still to tell.
import { ask, session } from "./net.js";
import { either } from "./texts.js";
import * as store from "./store.js";

const EMPTY = { depot: undefined, may: [], places: [], items: [], lots: [], stock: [], codes: {}, kit_lines: [], seals: [], checks: [] };
const NO_WORK = { loans: [], incidents: [], transfers: [], counts: [], faults: [], proposals: [], hand_outs: [] };

export const book = { shelves: EMPTY, work: NO_WORK, alerts: [], depots: [], queue: [], place: new Map(), item: new Map(), lot: new Map(), balance: new Map(), rows: [] };
export let code = localStorage.getItem("depot") ?? "";

export const may = (act) => book.shelves.may.includes(act);
export const today = () => book.shelves.today;

// What is kept on the phone: the app opens with it at once, signal or none.
export async function open() {
  book.depots = (await store.kept("depots")) ?? [];
  code ||= book.depots[0]?.code ?? "";
  book.shelves = (await store.kept(`shelves:${code}`)) ?? EMPTY;
  book.work = (await store.kept(`work:${code}`)) ?? NO_WORK;
  book.alerts = (await store.kept(`alerts:${code}`)) ?? [];
  await lay();
}

export async function choose(wanted) {
  code = wanted;
  localStorage.setItem("depot", wanted);
  await open();
  await renew();
}

// Ask the server for everything anew; what cannot be had stays as it was.
export async function renew() {
  const depots = await ask("GET", "/api/depots?limit=200");
  if (depots.ok) {
    book.depots = depots.body.items.filter((row) => row.status === "open").map((row) => ({ code: row.code, zh: row.name_zh, en: row.name_en }));
    await store.keep("depots", book.depots);
    if (!book.depots.some((depot) => depot.code === code)) code = book.depots[0]?.code ?? "";
  }
  if (!code || session.signedOut || depots.offline) return lay();
  const [shelves, work, alerts] = await Promise.all([
    ask("GET", `/api/phone/${code}/shelves`),
    ask("GET", `/api/phone/${code}/work`),
    ask("GET", `/api/alerts?depot=${code}&limit=200`),
  ]);
  for (const [name, answer, value] of [["shelves", shelves, shelves.body], ["work", work, work.body], ["alerts", alerts, alerts.body?.items]]) {
    if (!answer.ok) continue;
    book[name] = value;
    await store.keep(`${name}:${code}`, value);
  }
  return lay();
}

// Index the picture, and lay over it what waits.
export async function lay() {
  book.queue = (await store.waiting()).filter((record) => record.person === session.me?.id || !session.me);
  if (session.signedOut) {
    book.shelves = EMPTY;
    book.work = NO_WORK;
    book.alerts = [];
  }
  const { shelves } = book;
  book.place = new Map(shelves.places.map((row) => [row.id, row]));
  book.item = new Map(shelves.items.map((row) => [row.code, row]));
  book.lot = new Map(shelves.lots.map((row) => [row.id, { ...row, ...{ of: book.item.get(row.item) } }]));
  book.balance = new Map(shelves.stock.map(([place, lot, quantity]) => [`${place} ${lot}`, Number(quantity)]));
  book.added = { loans: [], incidents: [], counts: [] };
  for (const record of book.queue) {
    if (record.state !== "waiting") continue;
    for (const [lot, from, to, quantity] of record.effects ?? []) {
      if (from) add(from, lot, -quantity);
      if (to) add(to, lot, quantity);
    }
    if (record.adds) book.added[record.adds.list]?.push({ ...record.adds.row, id: record.id, waiting: true });
  }
  book.rows = [...book.balance].filter(([, quantity]) => quantity > 0).map(asRow).sort(byItem);
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

export const round = (value) => Math.round(value * 1000) / 1000;

// Rows { place, lot, quantity } of a place, or of a lot.
export const stockAt = (placeId) => book.rows.filter((row) => row.place === placeId);
export const stockOf = (lotId) => book.rows.filter((row) => row.lot.id === lotId);

export const OUT = ["holder", "incident", "transit"];
export const STORAGE = ["room", "bay", "shelf", "bin", "vehicle", "kit"];
export const storage = () => book.shelves.places.filter((row) => STORAGE.includes(row.kind));
export const nameOf = (lot) => either(lot.of) || lot.number || lot.id.slice(0, 8);
export const unitOf = (lot) => (lot.of ? either(lot.of, "unit_") : "");
export const placeName = (id) => either(book.place.get(id)) || "";
export const lists = (name) => [...book.added[name], ...book.work[name]];
export const mine = () => book.shelves.places.find((row) => row.mine);

// How a lot stands today: a word for its badge, and whether it may be handed out without a second thought.
export function state(lot) {
  if (lot.condition === "quarantined") return "hold";
  if (lot.condition === "unfit") return "faulty";
  if (lot.expiry === "unknown") return "undated";
  if (lot.through && lot.through < today()) return "expired";
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
    if (line.kit === lot?.item) parts.set(line.item, { item: book.item.get(line.item), code: line.item, should: Number(line.quantity), held: 0, ready: 0 });
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
  const ends = all.map((part) => part.ends).filter(Boolean).sort()[0];
  const checked = book.shelves.checks.find((row) => row.place === placeId)?.at;
  const due = !checked || Date.parse(book.shelves.at) - Date.parse(checked) > 30 * 86_400_000;
  return { lot, content, parts: all, short: all.filter((part) => part.ready < part.should), ends, seal: book.shelves.seals.find((row) => row.place === placeId), checked, due };
}

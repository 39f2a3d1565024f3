// The phone's picture of one depot: what the server told last (renewal.js), and on top of it every act of this phone
// that is not yet in that picture: those that wait, and those that are booked until a picture with them has come. So no
// page ever shows a state that was never true.
import { session } from "./net.js";
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
const NO_WORK = {}; // each list that is not in it is empty: see `fromServer`
/** @typedef {{ body: any, ticket?: number, told?: string[], etag?: string, version?: string }} Picture */
/** @type {{ code?: string, shelves: Picture, work: Picture }} as the server told them; of which depot */
let pictures = { shelves: { body: EMPTY }, work: { body: NO_WORK } };

export const book = {
  shelves: EMPTY,
  work: NO_WORK,
  added: {},
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

/** Another depot from now on; what the phone shows of it is laid next. */
export const standAt = (wanted) => (code = wanted);

/** The rows of a list of `phone/work.py` as the server has them; none where its picture is older than the list. */
export const fromServer = (name) => book.work[name] ?? [];
/** The rows that acts of this phone add to a list and that the server's picture does not have yet. */
export const fromActs = (name) => book.added[name] ?? [];

export const may = (act) => book.shelves.may.includes(act);
export const today = () => book.shelves.today;

export const OUT = ["holder", "incident", "transit"];
export const STORAGE = ["room", "bay", "shelf", "bin", "vehicle", "kit"];

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
  book.todo = stillToDo(book.tasks, acts);
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
  book.added = {};
  for (const act of acts) {
    const { list, row } = act.adds ?? {};
    const there = !list || fromServer(list).some((one) => one.id === act.id);
    if (!there) book.added[list] = [...fromActs(list), { ...row, id: act.id, waiting: !act.missing }];
    for (const { lay: how, in: name, id, set } of act.sets ?? []) {
      if (how === "gone") work[name] = fromServer(name).filter((one) => one.id !== id);
      if (how !== "row") continue;
      const changed = (one) => (one.id === id ? { ...one, ...set } : one);
      work[name] = fromServer(name).map(changed);
      book.added[name] = fromActs(name).map(changed);
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

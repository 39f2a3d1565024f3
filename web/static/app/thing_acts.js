// What is booked about one lot or piece: each act as an entry, what it lays over the picture, and how it is undone.
import { STORAGE, book, code, fromServer, may } from "./book.js";
import { forgetDates } from "./dates.js";
import { mine, stockAt } from "./gear.js";
import { newId, now, session } from "./net.js";
import { tell } from "./queue.js";
import { bringBack } from "./returns.js";
import { N_, _, draw, go, hands, pair, say, usedUp, way } from "./ui.js";

export const local = { act: "", quantity: 1, state: "ready", photos: [] };
export let lot;
/** Which lot or piece all of this is about. */
export const regard = (wanted) => (lot = wanted);

const name = () => ({ name: pair(lot.of ?? { zh: lot.number, en: lot.number }), quantity: local.quantity });

// The movement that takes one back: out of the hands it went to, or into the book again from the outside.
function counter(kind, where, to) {
  const back = (movement) => ({
    entry: { kind: "basket", movements: [{ lot: lot.id, quantity: String(local.quantity), ...movement }] },
  });
  const described = (one, effects) => ({
    ...one,
    what: [N_("Undo: {act}"), { act: [N_("{name} × {quantity}"), name()] }],
    effects,
  });
  const effects = [[lot.id, to, where.place, local.quantity]];
  const home = book.place.get(where.place)?.kind;
  if (kind === "issue" && STORAGE.includes(home))
    return described(back({ kind: "return", ...(to ? { from: to } : {}), to: where.place }), effects);
  if (kind === "transfer" && may("keep"))
    return described(back({ kind: "transfer", from: to, to: where.place }), effects);
  if (["consume", "dispose"].includes(kind) && may("keep") && STORAGE.includes(home) && lot.of?.tracking !== "serial")
    return described(
      back({ kind: "adjust", to: where.place, reason: _("Undone by the person who booked it") }),
      effects,
    );
  return undefined;
}

export async function book1(kind, where, text, done, more = {}, target = undefined) {
  const movement = { id: newId(), kind, lot: lot.id, quantity: String(local.quantity), from: where.place, ...more };
  const to = more.to ?? target;
  const ends = { consume: usedUp, issue: to ?? hands, dispose: { text: N_("disposed of") } };
  const told = { what: [text, name()], effects: [[lot.id, where.place, to, local.quantity]], photos: local.photos };
  const ways = { where: way(where.place, ends[kind] ?? to), undo: counter(kind, where, to) };
  const outcome = await tell({ kind: "basket", movements: [movement] }, { ...told, ...ways });
  if (say(outcome, done)) reset();
}

export function reset() {
  forgetDates();
  Object.assign(local, { act: "", quantity: 1, state: "ready", photos: [] });
  draw();
}

export async function giveBack(where, to) {
  const { quantity, state: how } = local;
  if (await bringBack([where], { quantity, state: how, to })) reset();
}

// A single piece is out of use where it is; of a batch the faulty part leaves the shelf.
export async function fault(where, description) {
  const id = newId();
  const piece = lot.of?.tracking === "serial";
  const entry = { id, kind: "fault", thing: lot.id, place: where.place, quantity: String(local.quantity), description };
  const mended = { kind: "mended", defect: id, note: _("Undone by the person who booked it") };
  const outcome = await tell(entry, {
    what: [N_("Fault: {name}"), name()],
    photos: local.photos,
    effects: piece
      ? []
      : [[lot.id, where.place, book.shelves.places.find((row) => row.kind === "hold")?.id, local.quantity]],
    sets: piece ? [{ lay: "condition", lot: lot.id, condition: "unfit" }] : [],
    adds: {
      list: "faults",
      row: { lot: lot.id, ...pair(lot.of), reported: false, description, at: now().toISOString() },
    },
    undo:
      piece && may("keep")
        ? {
            entry: mended,
            what: [N_("Undo: {act}"), { act: [N_("Fault: {name}"), name()] }],
            sets: [
              { lay: "condition", lot: lot.id, condition: lot.condition },
              { lay: "gone", in: "faults", id },
            ],
          }
        : undefined,
  });
  if (say(outcome, _("Reported. It no longer counts as ready."))) reset();
}

// Controlled gear: the confirmation that stands for this, if any. Without a signal it is taken all the same: a late
// fact is booked, and somebody is told that there was no second person (T96).
export const handOut = () => fromServer("hand_outs").find((one) => one.mine && one.lot === lot.id);
export const alone = () => lot.of?.controlled && session.online && !handOut()?.agreed;

export async function askWitness() {
  const outcome = await tell(
    { kind: "ask-witness", depot: code, thing: lot.id, quantity: String(local.quantity) },
    { what: [N_("Second person asked: {name} × {quantity}"), name()] },
  );
  if (say(outcome, _("Asked. The second person confirms on their own phone."))) go("witness");
}

// A single piece leaves the book in two steps: proposed here, approved by somebody else (T36).
export async function scrap(reason) {
  const outcome = await tell(
    { kind: "propose-scrap", thing: lot.id, reason },
    { what: [N_("Proposed for disposal: {name}"), name()], photos: local.photos },
  );
  if (say(outcome, _("Proposed. Somebody with authority approves it."))) reset();
}

export async function noteSize({ size }) {
  const outcome = await tell({ kind: "note-size", thing: lot.id, size }, { what: [N_("Size noted: {name}"), name()] });
  if (say(outcome, _("Noted."))) reset();
}

export async function notThis() {
  const outcome = await tell({ kind: "not-this", thing: lot.id }, { what: [N_("Wrong label: {name}"), name()] });
  say(outcome, _("Noted. Someone will check the labels."));
}

export const take = (where, more = {}) =>
  lot.of?.consumable
    ? book1("consume", where, N_("Take {name} × {quantity}"), _("Taken and used up."), more)
    : book1("issue", where, N_("Take {name} × {quantity}"), _("Taken. It is in your hands now."), more, mine()?.id);

// What the button says, whatever another form of the card was set to.
export function takeOne(where) {
  local.quantity = 1;
  return take(where);
}

export async function fit({ part }) {
  const spare = book.rows.find((row) => row.lot.id === part && row.place !== lot.id);
  const old = stockAt(lot.id).filter((row) => row.lot.item === spare?.lot.item);
  const outcome = await tell(
    { kind: "fit-part", device: lot.id, part },
    {
      what: [N_("Put {part} into {name}"), { part: pair({ zh: spare?.lot.number, en: spare?.lot.number }), ...name() }],
      effects: [[part, spare?.place, lot.id, 1], ...old.map((row) => [row.lot.id, lot.id, spare?.place, 1])],
    },
  );
  if (say(outcome, _("Put in."))) reset();
}

export async function charge({ percent }) {
  const outcome = await tell(
    { kind: "charged", thing: lot.id, percent: Number(percent) },
    { what: [N_("Charged: {name}"), name()] },
  );
  if (say(outcome, _("Noted."))) reset();
}

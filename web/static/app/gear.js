// The gear in the phone's picture: what it is called, how much there is, how it stands, what a kit lacks.
import { STORAGE, book, fromActs, fromServer, round, today } from "./book.js";
import { now } from "./clock.js";
import { _, either } from "./texts.js";

// Rows { place, lot, quantity } of a place, or of a lot.
export const stockAt = (placeId) => book.rows.filter((row) => row.place === placeId);
export const stockOf = (lotId) => book.rows.filter((row) => row.lot.id === lotId);

export const storage = () => book.shelves.places.filter((row) => STORAGE.includes(row.kind));
export const nameOf = (lot) => {
  const name = either(lot.of) || lot.number || lot.id.slice(0, 8);
  return lot.size ? `${name} · ${_("size {size}", { size: lot.size })}` : name;
};
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
  fromServer("held").map((one) => ({
    ...{ place: one.place, quantity: Number(one.quantity), held: one.id, code: one.code, depot: pairOf(one, "depot_") },
    lot: { id: one.lot, number: one.number, of: one },
  }));
const pairOf = (row, prefix) => ({ zh: row[`${prefix}zh`], en: row[`${prefix}en`] });
export const lists = (name) => [...fromActs(name), ...fromServer(name)];
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

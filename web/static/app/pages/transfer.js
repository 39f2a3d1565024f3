// One transfer: sent by scanning, received line by line, rejected, taken back, or lost with both sides signing.
import { STORAGE, book, fromServer, may, round } from "../book.js";
import { read } from "../codes.js";
import { draft, dropDraft, keepDraft } from "../drafts.js";
import { nameOf, stockOf, storage } from "../gear.js";
import { icon } from "../icons.js";
import { tell } from "../queue.js";
import { scanner } from "../scanner.js";
import {
  N_,
  _,
  choice,
  draw,
  either,
  field,
  form,
  go,
  html,
  known,
  moment,
  nobody,
  nothing,
  once,
  placeOptions,
  say,
  stepper,
  toast,
  unfold,
} from "../ui.js";
import { waitsFor } from "./transfers.js";

const local = { lines: new Map(), arrived: new Map(), place: "" };
let transfer;

const name = () => ({ depot: { zh: transfer.other_zh, en: transfer.other_en } });
const source = (lot) =>
  stockOf(lot.id).find((row) => [...STORAGE, "hold"].includes(book.place.get(row.place)?.kind))?.place;

// What is being packed or signed for is kept until it is sent.
const packing = () => `transfer ${transfer.id}`;
const keepBegun = () => keepDraft(packing(), { lines: local.lines, arrived: local.arrived, place: local.place });
function change(lot, quantity) {
  if (quantity === undefined) local.lines.delete(lot);
  else local.lines.set(lot, quantity);
  keepBegun();
  draw();
}

function scanned(text) {
  const lot = book.lot.get(read(text).id);
  if (!lot) {
    toast(_("This is not known at this depot."), "warn");
    return false;
  }
  if (!local.lines.has(lot.id)) {
    const wanted = transfer.wanted.find((line) => line.item === lot.item);
    change(lot.id, lot.of?.tracking === "serial" ? 1 : Number(wanted?.quantity ?? 1));
  }
  return true;
}

// What is sent now; somebody may have opened another transfer when its answer comes.
function begun() {
  const [name, { lines, arrived }] = [packing(), local];
  return { done: () => (lines.clear(), arrived.clear(), (local.place = ""), dropDraft(name)) };
}

async function dispatch() {
  const sent = begun();
  const lines = [...local.lines].map(([thing, quantity]) => ({
    thing,
    quantity: String(quantity),
    from: source(book.lot.get(thing)),
  }));
  const effects = [...local.lines].map(([thing, quantity]) => [
    thing,
    source(book.lot.get(thing)),
    undefined,
    quantity,
  ]);
  const outcome = await tell(
    { kind: "dispatch", transfer: transfer.id, lines },
    { what: [N_("Sent to {depot}"), name()], effects, sets: [stands("sent")] },
  );
  if (outcome.state !== "refused") sent.done();
  say(outcome, _("Sent. It is yours until the other depot signs."));
}

// What this depot has never had belongs nowhere yet: a shelf is preset, where the server would ask for one.
const strange = ({ item }) => !book.rows.some((row) => row.lot.item === item);
const firstShelf = () => (storage().find((row) => row.kind === "shelf") ?? storage()[0])?.id;
const shelfOf = (row) => arrival(row).place ?? (local.place || (strange(row) ? firstShelf() : ""));
const shelves = (...first) => [...first, ...placeOptions(storage())];
const shelfChoice = (row) => {
  const options = strange(row) ? shelves() : shelves(["", _("where it belongs")]);
  return html`<div @change=${(event) => setArrival(row, { place: event.target.value })}>
    ${choice("place", _("Which shelf?"), options, shelfOf(row))}
  </div>`;
};
const oneForAll = () =>
  html`<div @change=${(event) => allOnto(event.target.value)}>
    ${choice("all", _("Put everything on"), shelves(["", _("each on its own shelf")]), local.place)}
  </div>`;
function allOnto(place) {
  local.place = place;
  for (const one of local.arrived.values()) delete one.place;
  keepBegun();
  draw();
}

// What stays on the way lies over the picture until the server's own has come.
const rest = () =>
  transfer.on_the_way
    .map((row) => ({ ...row, quantity: round(Number(row.quantity) - arrival(row).good - arrival(row).damaged) }))
    .filter((row) => row.quantity > 0)
    .map((row) => ({ ...row, quantity: String(row.quantity) }));

async function receive() {
  const sent = begun();
  const arriving = transfer.on_the_way
    .map((row) => ({ row, ...arrival(row), place: shelfOf(row) }))
    .filter(({ good, damaged }) => good || damaged);
  const lines = arriving.map(({ row, good, damaged, place }) => ({
    ...{ thing: row.lot, good: String(good), damaged: String(damaged) },
    ...(place ? { place } : {}),
  }));
  const effects = arriving
    .filter(({ row, good, place }) => good && place && book.lot.has(row.lot))
    .map(({ row, good, place }) => [row.lot, transfer.id, place, good]);
  const sets = [{ lay: "row", in: "transfers", id: transfer.id, set: { on_the_way: rest() } }];
  const entry = { kind: "receive-transfer", transfer: transfer.id, lines };
  const outcome = await tell(entry, { what: [N_("Received from {depot}"), name()], effects, sets });
  if (outcome.state !== "refused") sent.done();
  say(outcome, _("Signed for. What is missing stays on the way."));
}

const arrival = (row) => local.arrived.get(row.lot) ?? { good: Number(row.quantity), damaged: 0 };
const setArrival = (row, change) => {
  local.arrived.set(row.lot, { ...arrival(row), ...change });
  keepBegun();
  draw();
};

const stands = (state) => ({ lay: "row", in: "transfers", id: transfer.id, set: { state } });
const AFTER = { "reject-transfer": "rejected" };

async function simple(kind, text, done, more = {}) {
  const sets = AFTER[kind] ? [stands(AFTER[kind])] : [];
  const outcome = await tell({ kind, transfer: transfer.id, ...more }, { what: [text, name()], sets });
  if (say(outcome, done)) go("transfers");
}

const giving = () =>
  html`${local.lines.size ? nothing : html`<p class="hint">${_("Scan what is sent.")}</p>`}
    ${scanner(`transfer-${transfer.id}`, scanned)}
    <ul class="basket">
      ${[...local.lines].map(
        ([id, quantity]) =>
          html`<li class="line">
            <b class="name">${nameOf(book.lot.get(id))} <span class="soft">${book.lot.get(id).number}</span></b>
            <div class="line-end">
              ${stepper(_("How many?"), quantity, (value) => change(id, value), { least: 1 })}<button
                class="plain"
                aria-label=${_("Remove from the basket")}
                @click=${() => change(id, undefined)}
              >
                ${icon("close")}
              </button>
            </div>
          </li>`,
      )}
    </ul>
    <button class="wide" ?disabled=${!local.lines.size} @click=${once(dispatch)}>
      ${_("Send {count} lines", { count: local.lines.size })}
    </button>`;

const receiving = () =>
  html`${transfer.on_the_way.length > 1 ? oneForAll() : nothing}
    <ul class="basket">
      ${transfer.on_the_way.map(
        (row) =>
          html`<li class="line tall">
            <div>
              <b class="name">${either(row)}</b>
              <span class="soft">${row.number} · ${_("sent: {count}", { count: row.quantity })}</span>
            </div>
            <div class="two">
              <div>
                <p class="label">${_("good")}</p>
                ${stepper(_("good"), arrival(row).good, (good) => setArrival(row, { good }), { most: Number(row.quantity) })}
              </div>
              <div>
                <p class="label">${_("damaged")}</p>
                ${stepper(_("damaged"), arrival(row).damaged, (damaged) => setArrival(row, { damaged, good: Math.min(arrival(row).good, Number(row.quantity) - damaged) }), { most: Number(row.quantity) })}
              </div>
            </div>
            ${arrival(row).good ? shelfChoice(row) : nothing}
          </li>`,
      )}
    </ul>
    <p>
      <button class="wide" ?disabled=${!transfer.on_the_way.length} @click=${once(receive)}>
        ${_("Sign for what has arrived")}
      </button>
    </p>
    ${form(field("note", _("Why is it rejected?"), { required: true }), _("Reject the rest"), ({ note }) => simple("reject-transfer", N_("Rejected: {depot}"), _("Rejected. The sender takes it back."), { note }), { quiet: true })}`;

function loss() {
  const side = transfer.giving ? "giver" : "receiver";
  const mineSigned = transfer.signed[transfer.giving ? 0 : 1];
  if (mineSigned)
    return html`<p class="notice warn">${_("Your side has signed the loss; the other side has not.")}</p>`;
  return unfold("loss", _("It won't arrive: sign it off as lost"), () =>
    form(
      field("note", _("What happened?")),
      _("Sign that it is lost"),
      ({ note }) =>
        simple("sign-loss", N_("Loss signed: {depot}"), _("Signed. It is booked once both sides have signed."), {
          side,
          note,
        }),
      { quiet: true },
    ),
  );
}

export default {
  title: () => _("Transfer"),
  enter: (id) => {
    const begun = draft(`transfer ${id}`) ?? {};
    Object.assign(local, { lines: new Map(begun.lines), arrived: new Map(begun.arrived), place: begun.place ?? "" });
  },
  view(id) {
    if (!known()) return nobody();
    transfer = fromServer("transfers").find((one) => one.id === id);
    if (!transfer) return html`<p class="notice">${_("This transfer is closed, or of another depot.")}</p>`;
    const { state } = transfer;
    return html`<p>
        <span class="badge warn">${waitsFor(transfer)}</span>
        <b
          >${transfer.giving ? _("to {depot}", { depot: either(transfer, "other_") }) : _("from {depot}", { depot: either(transfer, "other_") })}</b
        >
        <a href="tel:${transfer.other_phone}">${transfer.other_phone}</a
        ><span class="soft line">${transfer.reason} ${moment(transfer.asked_at)}</span>
      </p>
      <h2>${_("Asked for")}</h2>
      <ul class="basket">
        ${transfer.wanted.map((line) => html`<li class="line"><span>${either(line)}</span><b>× ${line.quantity}</b></li>`)}
      </ul>
      ${
        may("keep")
          ? html`${
              transfer.giving && ["requested", "sent"].includes(state)
                ? html`<h2>${_("Send")}</h2>
                    ${giving()}`
                : nothing
            }
            ${
              !transfer.giving && state === "sent"
                ? html`<h2>${_("Receive")}</h2>
                    ${receiving()}`
                : nothing
            }
            ${
              transfer.giving && transfer.on_the_way.length
                ? html`<p><button class="quiet wide"
                @click=${once(() => simple("take-back", N_("Taken back: {depot}"), _("Back on the shelf.")))}>${_("It is back: take it in")}</button></p>`
                : nothing
            }
            ${state === "requested" ? form(field("note", _("Why not?"), { required: true }), _("Cancel the request"), ({ note }) => simple("reject-transfer", N_("Transfer cancelled: {depot}"), _("Request cancelled."), { note }), { quiet: true }) : nothing}
            ${transfer.on_the_way.length ? loss() : nothing}`
          : nothing
      }`;
  },
};

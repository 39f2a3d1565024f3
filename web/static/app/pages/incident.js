// One call-out: three fields to open it, gear by scan, times, the count on the scene, what did not come back,
// restocking.
import { book, code, may } from "../book.js";
import { read } from "../codes.js";
import { lists, nameOf, stockAt } from "../gear.js";
import { newId, now } from "../net.js";
import { draft, dropDraft, keepDraft } from "../drafts.js";
import { tell } from "../queue.js";
import { bringBack, closeReturns, heldView } from "../returns.js";
import { restockView } from "../restock.js";
import { scanner } from "../scanner.js";
import {
  KEEP,
  N_,
  _,
  draw,
  field,
  form,
  go,
  html,
  known,
  listed,
  moment,
  nobody,
  nothing,
  once,
  pair,
  pick,
  say,
  stepper,
  toast,
  usedUp,
  way,
} from "../ui.js";

export const KINDS = {
  fire: N_("fire"),
  flood: N_("flood"),
  rescue: N_("rescue"),
  forest: N_("forest fire"),
  traffic: N_("traffic"),
  medical: N_("medical"),
  security: N_("security"),
  other: N_("other"),
};
export const CHANNELS = {
  platform_119: N_("119 platform"),
  street_office: N_("sub-district office"),
  police: N_("police"),
  phone: N_("phone"),
  walk_in: N_("walk-in"),
};
const STATES = [
  ["ready", N_("ready to use")],
  ["clean", N_("to clean or dry")],
  ["damaged", N_("damaged")],
  ["lost", N_("lost")],
  ["used", N_("used up")],
];
const RESTOCK_DAYS = 7;
const local = {
  what: "",
  channel: "platform_119",
  tab: "",
  counts: new Map(),
  open: "",
  state: "ready",
  quantity: 1,
};
let incident;

const words = (table) => Object.entries(table).map(([key, word]) => [key, _(word)]);

async function open({ place }) {
  if (!local.what) {
    toast(_("Choose what happened."), "bad");
    return KEEP;
  }
  const id = newId();
  const row = {
    what: local.what,
    channel: local.channel,
    place,
    opened_at: now().toISOString(),
    restock: [],
    closed: false,
    approved: false,
  };
  const outcome = await tell(
    { id, kind: "open-incident", depot: code, what: local.what, channel: local.channel, place },
    { what: [N_("Call-out: {place}"), { place }], adds: { list: "incidents", row } },
  );
  if (say(outcome, _("Call-out opened. Scan what you take."))) go(`incident/${id}`);
  local.what = ""; // the next one is not taken for the same
  return undefined;
}

const newView = () =>
  html`${pick(_("What happened?"), words(KINDS), local.what, (key) => ((local.what = key), draw()))}
    ${pick(_("Who reported it?"), words(CHANNELS), local.channel, (key) => ((local.channel = key), draw()))}
    ${form(field("place", _("Where?"), { required: true }), _("Open the call-out"), open, { draft: "call-out" })}
    <p><a class="button quiet wide" href="#/incidents">${_("Call-outs that are open")}</a></p>`;

// Gear is drawn at once, scan by scan: nobody fills a basket at one in the morning.
function draws(text) {
  const found = read(text);
  if (!["lot", "unknown"].includes(found.kind)) {
    toast(_("This is not one of our codes."), "warn");
    return false;
  }
  const lot = book.lot.get(found.id);
  const already = stockAt(incident.id).find((row) => row.lot.id === found.id);
  if (already && lot?.of?.tracking === "serial") return true;
  const from =
    lot &&
    [...book.balance]
      .find(
        ([key, quantity]) => key.endsWith(` ${lot.id}`) && quantity > 0 && book.place.get(key.split(" ")[0])?.reach,
      )?.[0]
      .split(" ")[0];
  const line = { thing: lot?.id ?? found.code, quantity: "1", ...(from ? { from } : {}) };
  const what = [N_("Drawn for the call-out: {name}"), { name: pair(lot?.of ?? { zh: found.code, en: found.code }) }];
  const back = lot && from && { kind: "return", lot: lot.id, quantity: "1", from: incident.id, to: from };
  tell(
    { kind: "draw", incident: incident.id, lines: [line] },
    {
      what,
      where: way(from, pair({ zh: incident.place, en: incident.place })),
      effects: lot ? [[lot.id, from, incident.id, 1]] : [],
      undo: back && {
        entry: { kind: "basket", movements: [back] },
        what: [N_("Undo: {act}"), { act: what }],
        effects: [[lot.id, incident.id, from, 1]],
      },
    },
  ).then((outcome) => say(outcome, _("Drawn.")));
  return true;
}

// `set`: what stands differently in the call-out from now on.
async function simple(kind, text, done, more = {}, set = {}) {
  const sets = [{ lay: "row", in: "incidents", id: incident.id, set }];
  const outcome = await tell(
    { kind, incident: incident.id, ...more },
    { what: [text, { place: incident.place }], sets },
  );
  return say(outcome, done);
}

const counting = () => `scene ${incident.id}`;
function count(row, value) {
  local.counts.set(row.lot.id, value);
  keepDraft(counting(), local.counts);
  draw();
}

async function countHere() {
  const begun = counting();
  const lines = stockAt(incident.id).map((row) => ({
    thing: row.lot.id,
    quantity: String(local.counts.get(row.lot.id) ?? row.quantity),
  }));
  const outcome = await tell(
    { kind: "on-scene", incident: incident.id, lines },
    { what: [N_("Counted on the scene: {place}"), { place: incident.place }] },
  );
  const missing = outcome.result?.missing ?? [];
  if (outcome.state !== "refused") dropDraft(begun);
  if (missing.length)
    toast(
      _("Missing: {what}", {
        what: listed(
          missing.map(
            (one) => `${nameOf(book.lot.get(one.lot) ?? { number: one.lot, id: one.lot })} ${one.there}/${one.taken}`,
          ),
        ),
      }),
      "bad",
      20,
    );
  else say(outcome, _("All there."));
}

// Used up at the scene is no return.
async function comesBack([row], { state, quantity, from }) {
  if (state !== "used") return bringBack([row], { state, quantity, from });
  const movement = { id: newId(), kind: "consume", lot: row.lot.id, quantity: String(quantity), from: incident.id };
  const outcome = await tell(
    { kind: "basket", movements: [{ ...movement, incident: incident.id }] },
    {
      what: [N_("Use up {name} × {quantity}"), { name: pair(row.lot.of), quantity }],
      where: way(from, usedUp),
      effects: [[row.lot.id, incident.id, undefined, quantity]],
    },
  );
  if (say(outcome, _("Noted."))) closeReturns();
  return draw();
}

function tabs() {
  const rows = stockAt(incident.id);
  if (local.tab === "count")
    return html`<ul class="basket">
        ${rows.map((row) => html`<li class="line"><b class="name">${nameOf(row.lot)}</b>${stepper(nameOf(row.lot), local.counts.get(row.lot.id) ?? row.quantity, (value) => count(row, value), { most: row.lot.of?.tracking === "serial" ? 1 : undefined })}</li>`)}
      </ul>
      <button class="wide" @click=${once(countHere)}>${_("This is what is here")}</button>`;
  if (local.tab === "paper")
    return form(
      html`${field("ordered_by", _("Ordered by"), { required: true, value: incident.ordered_by ?? "" })}${field("place", _("Where?"), { required: true, value: incident.place })}${field("note", _("What happened, in a few words"), { value: incident.note ?? "", most: 500 })}`,
      _("Save"),
      (told) => simple("paper", N_("Paper for the call-out: {place}"), _("Saved."), told, told),
      { draft: `paper ${incident.id}` },
    );
  return html`${
    incident.closed
      ? nothing
      : html`<p class="hint">${_("Each label that is scanned is taken for this call-out at once.")}</p>
          ${scanner(`incident-${incident.id}`, draws)}`
  }
    <h2>${_("Taken for this call-out")}</h2>
    ${heldView(incident.id, { from: pair({ zh: incident.place, en: incident.place }), states: STATES, act: comesBack })}
    ${rows.length ? nothing : html`<p class="hint">${_("Nothing is out for this call-out.")}</p>`}
    ${restockView(incident)}`;
}

// What must be bought first does not keep a call-out open: it stays a task with a day.
function closing() {
  const close = (restock_by) =>
    simple(
      "close-incident",
      N_("Call-out closed: {place}"),
      restock_by ? _("Closed. Restocking stays on the to-do list until {day}.", { day: restock_by }) : _("Closed."),
      restock_by ? { restock_by } : {},
      { closed: true, ...(restock_by ? { restock_by } : {}) },
    );
  if (!incident.restock?.some((one) => Number(one.left) > 0))
    return html`<p>
      <button class="quiet wide" @click=${once(() => close())}>${_("Close the call-out")}</button>
    </p>`;
  const day = new Date(Date.parse(book.shelves.today) + RESTOCK_DAYS * 86_400_000).toISOString().slice(0, 10);
  return form(
    field("restock_by", _("Restock by"), { type: "date", value: day, required: true }),
    _("Close the call-out"),
    (told) => close(told.restock_by),
    { quiet: true },
  );
}

function oneView() {
  const minutes = incident.arrived_at
    ? (Date.parse(incident.arrived_at) - Date.parse(incident.opened_at)) / 60_000
    : undefined;
  const acts = [
    ["", _("Gear")],
    ["count", _("Count on the scene")],
    ["paper", _("Paper")],
  ];
  return html`<p>
      <span class="badge">${_(KINDS[incident.what])}</span> <b>${incident.place}</b
      ><span class="soft line"
        >${_(CHANNELS[incident.channel])} · ${moment(incident.opened_at)}
        ${incident.waiting ? `· ${_("waiting to be sent")}` : ""}</span
      >
    </p>
    ${
      minutes === undefined
        ? html`<button
            class="wide quiet"

                @click=${once(() => simple("arrived", N_("Arrived: {place}"), _("Noted."), {}, { arrived_at: now().toISOString() }))}
          >
            ${_("We have arrived")}
          </button>`
        : html`<p>
            <span class="badge ${minutes <= 5 ? "good" : "warn"}"
              >${_("on the scene after {minutes} min", { minutes: minutes.toFixed(1) })}</span
            >
          </p>`
    }
    ${pick(_("Show"), acts, local.tab, (key) => ((local.tab = key), draw()))} ${tabs()}
    <div class="acts-row">
      ${
        !incident.approved && may("approve")
          ? html`<button class="quiet"
          @click=${once(() => simple("approve-incident", N_("Draw approved: {place}"), _("Approved."), {}, { approved: true }))}>${_("Approve the draw")}</button>`
          : nothing
      }
    </div>
    ${!incident.closed && may("keep") ? closing() : nothing}`;
}

export default {
  title: (id) => (id === "new" ? _("New call-out") : _("Call-out")),
  enter: (id) => (closeReturns(), Object.assign(local, { tab: "", counts: new Map(draft(`scene ${id}`)) })),
  view(id) {
    if (!known()) return nobody();
    if (id === "new") return newView();
    incident = lists("incidents").find((one) => one.id === id);
    return incident ? oneView() : html`<p class="notice">${_("This call-out is closed, or of another depot.")}</p>`;
  },
};

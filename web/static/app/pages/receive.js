// Goods come in: the maker's code fills in what it can, the label's own words the rest; a product nobody knows is
// proposed.
import { book, code } from "../book.js";
import { muchMore, numberOf, tidy } from "../checks.js";
import { read } from "../codes.js";
import { draft, dropDraft, keepDraft } from "../drafts.js";
import { storage } from "../gear.js";
import { icon } from "../icons.js";
import { ask } from "../net.js";
import { tell } from "../queue.js";
import { restocks } from "../restock.js";
import { scanner } from "../scanner.js";
import {
  N_,
  _,
  choice,
  draw,
  either,
  field,
  form,
  html,
  known,
  labelled,
  nobody,
  nothing,
  pick,
  placeOptions,
  say,
  toast,
  way,
} from "../ui.js";

const WORDS = [
  ["through", N_("valid until 有效期至")],
  ["from", N_("invalid from 失效期")],
  ["made", N_("made on, with shelf life")],
  ["unknown", N_("cannot be read")],
  ["none", N_("there is no date")],
];
const local = {
  code: "",
  told: undefined,
  item: undefined,
  found: [],
  word: "through",
  reading: undefined,
  proposing: false,
  place: "",
};

async function scanned(text) {
  const found = read(text);
  if (found.kind === "place") {
    save({ place: found.id });
    return;
  }
  Object.assign(local, { code: text, told: undefined, reading: undefined, item: undefined, proposing: false });
  const answer = await ask("GET", `/api/codes?text=${encodeURIComponent(text)}`);
  if (answer.ok) {
    local.told = answer.body.code;
    local.notes = answer.body.notes;
    if (local.told.item)
      local.item = { code: local.told.item, name_zh: local.told.item_zh, name_en: local.told.item_en };
  } else if (!answer.offline) toast(answer.body?.detail ?? _("The server refused this."), "bad");
  save({});
}

async function search(words) {
  const answer = await ask("GET", `/api/items?q=${encodeURIComponent(words)}&limit=8`);
  const kept = book.shelves.items
    .filter((row) => `${row.zh} ${row.en} ${row.code}`.toLowerCase().includes(words.toLowerCase()))
    .slice(0, 8);
  local.found = answer.body?.items ?? kept.map((row) => ({ ...row, name_zh: row.zh, name_en: row.en }));
  draw();
}

function expiry(told) {
  if (local.told?.expires_on && !told.date) return undefined; // the code knows
  if (["unknown", "none"].includes(local.word)) return { word: local.word };
  return told.date
    ? {
        word: local.word,
        date: told.date.trim(),
        ...(local.word === "made" ? { months: Number(tidy(told.months)) } : {}),
      }
    : undefined;
}

// What the delivery note says of money and warranty; nothing where it says nothing.
function asset(told) {
  const names = { asset_number: "number", price: "price", bought_on: "bought_on", supplier: "supplier", fund: "fund" };
  const said = Object.entries({ ...names, warranty_until: "warranty_until" })
    .map(([name, field]) => [field, told[name]?.trim().normalize("NFKC")])
    .filter(([, value]) => value);
  return said.length ? Object.fromEntries(said) : undefined;
}

const ofDelivery = () =>
  html`<details>
    <summary>${_("Price, supplier, warranty")}</summary>
    ${ofItem("tracking") === "serial" ? field("asset_number", _("Asset number"), { most: 64 }) : nothing}
    ${field("price", _("Yuan apiece"), { mode: "decimal" })} ${field("bought_on", _("Bought on"), { type: "date" })}
    ${field("supplier", _("Supplier"), { most: 100 })} ${field("fund", _("Fund"), { most: 100 })}
    ${field("warranty_until", _("Warranty until"), { type: "date" })}
  </details>`;

async function receive(told) {
  const entry = {
    kind: "receive",
    place: told.place,
    quantity: tidy(told.quantity),
    unit: told.unit ?? "piece",
    ...(local.code ? { code: local.code } : {}),
    ...(local.item ? { item: local.item.code } : {}),
    ...(local.reading ? { number: local.reading.number ?? "", serial: local.reading.serial ?? "" } : {}),
    ...(told.number ? { number: told.number } : {}),
    ...(told.size ? { size: told.size } : {}),
    ...(told.reason ? { reason: told.reason } : {}),
    ...(told.serial ? { serial: told.serial } : {}),
    ...(expiry(told) ? { expiry: expiry(told) } : {}),
    ...(told.made?.trim() ? { made_on: told.made.trim().normalize("NFKC") } : {}),
    ...(asset(told) ? { asset: asset(told) } : {}),
    ...(restocks(local.item?.code) ? { incident: restocks(local.item.code).incident } : {}),
  };
  const name = local.item ? { zh: local.item.name_zh, en: local.item.name_en } : { zh: local.code, en: local.code };
  const outcome = await tell(entry, {
    what: [N_("Receive {name} × {quantity}"), { name, quantity: told.quantity }],
    where: way({ text: N_("delivery") }, told.place),
  });
  if (
    say(outcome, outcome.result?.date_missing ? _("Received. The date is missing: a task was opened.") : _("Received."))
  )
    done(outcome.result);
  if (outcome.result?.other_date)
    toast(
      _("This lot number is already here with another date. Compare the labels; both stay as lines of their own."),
      "warn",
      12,
    );
  draw();
}

async function propose({ name, unit, contains, note }) {
  const entry = { kind: "propose", depot: code, name, unit, contains, note, code: local.code };
  const outcome = await tell(entry, { what: [N_("New product proposed: {name}"), { name }] });
  if (say(outcome, _("Proposed. An officer decides."))) reset();
  draw();
}

const CLEAR = {
  code: "",
  told: undefined,
  notes: undefined,
  item: undefined,
  found: [],
  reading: undefined,
  proposing: false,
  received: undefined,
};
function reset() {
  Object.assign(local, CLEAR);
  dropDraft("receiving");
}

// What came in without a label gets one: its page prints it.
function done(result) {
  reset();
  local.received = result?.movements?.[0]?.lines?.[0]?.lot;
}

// What is begun is kept until it is received or thrown away.
function save(change) {
  Object.assign(local, change);
  const { code: text, told, notes, item, word, place } = local;
  keepDraft("receiving", { code: text, told, notes, item, word, place });
  draw();
}

// Ten times what there is of it: asked back before it is booked.
function far({ quantity, unit }) {
  const packs = unit === "pack" ? Number(local.told?.contains ?? 1) : 1;
  const here = book.rows.filter((row) => row.lot.item === local.item?.code).reduce((sum, row) => sum + row.quantity, 0);
  return muchMore(numberOf(quantity) * packs, here);
}

const unknown = () =>
  html`<section class="notice warn">
    <p>${_("The catalogue does not know this product.")}</p>
    ${
      local.proposing
        ? form(
            html`${field("name", _("What is it? As on the package"), { required: true, most: 100 })}${field("unit", _("Counted in"), { required: true, most: 20, value: "个" })}${field("contains", _("How many in this pack?"), { value: "1", mode: "numeric", check: "quantity" })}${field("note", _("Note"))}`,
            _("Propose it"),
            propose,
            { draft: "propose" },
          )
        : html`<button class="quiet wide" @click=${() => ((local.proposing = true), draw())}>
            ${icon("add")} ${_("Propose it for the catalogue")}
          </button>`
    }
  </section>`;

const ambiguous = () =>
  pick(
    _("The scanner dropped a separator. What does the label say?"),
    local.told.readings.map((one, number) => [
      String(number),
      `${_("Lot no.")} ${one.number ?? "–"}${one.serial ? ` · ${_("Serial no.")} ${one.serial}` : ""}`,
    ]),
    String(local.told.readings.indexOf(local.reading)),
    (key) => ((local.reading = local.told.readings[Number(key)]), draw()),
  );

// What the catalogue says of the chosen item: from the server's list, or as the phone has it.
const ofItem = (name) => local.item?.[name] ?? book.item.get(local.item?.code)?.[name];

// Until the item is known it may be a piece.
const single = () => [undefined, "serial"].includes(ofItem("tracking"));
const unit = () => either({ zh: ofItem("unit_zh"), en: ofItem("unit_en") });
// Where most of it lies already, else the first shelf: a whole room is the last that is meant.
function usual() {
  const kept = book.rows.filter(
    (row) => row.lot.item === local.item?.code && book.place.get(row.place)?.kind === "shelf",
  );
  const most = kept.sort((a, b) => b.quantity - a.quantity)[0]?.place;
  return most ?? storage().find((row) => row.kind === "shelf")?.id ?? "";
}

const chosen = () =>
  local.item
    ? html`<p>
        <b>${either(local.item, "name_")}</b> <span class="soft">${local.item.code}</span>
        <button class="plain" @click=${() => save({ item: undefined })}>${_("another")}</button>
      </p>`
    : html`<label for="item">${_("What is it?")}</label
        ><input id="item" type="search" autocomplete="off" @input=${(event) => search(event.target.value)} />
        <ul class="list">
          ${local.found.map(
            (row) =>
              html`<li>
                <button class="plain row-button" @click=${() => save({ item: row })}>
                  ${either(row, "name_")} <span class="soft">${row.code}</span>
                </button>
              </li>`,
          )}
        </ul>`;

function details() {
  const { told } = local;
  const hint = [
    told?.number && `${_("Lot no.")} ${told.number}`,
    told?.serial && `${_("Serial no.")} ${told.serial}`,
    told?.expires_on && `${_("Use by")} ${told.expires_on}`,
  ]
    .filter(Boolean)
    .join(" · ");
  return html` ${hint ? html`<p class="notice good">${labelled(_("From the code"), hint)}</p>` : nothing}
  ${(local.notes ?? []).map((note) => html`<p class="notice warn">${note}</p>`)}
  ${told?.readings?.length ? ambiguous() : nothing}
  ${pick(
    _("The date on the label"),
    WORDS.map(([key, word]) => [key, _(word)]),
    local.word,
    (key) => save({ word: key }),
  )}
  ${form(
    html`${["through", "from", "made"].includes(local.word) ? field("date", _("Date, such as 2027-02 or 2027-02-15"), { check: "date", hint: told?.expires_on ? _("Leave it empty to take the code's own date.") : "" }) : nothing}
    ${local.word === "made" ? field("months", _("Shelf life in months"), { mode: "numeric", required: true, check: "months" }) : nothing}
    ${local.word === "made" ? nothing : field("made", _("Made on, such as 2020-01 or 2020-01-15"), { check: "date" })}
    ${told?.number || local.reading || ofItem("tracking") === "bulk" ? nothing : field("number", _("Lot no."))}
    ${told?.serial || local.reading || !single() ? nothing : field("serial", _("Serial no."))}
    ${field("quantity", unit() ? _("How many? ({unit})", { unit: unit() }) : _("How many?"), { value: "1", mode: "decimal", required: true, check: "quantity" })}
    ${
      told?.contains && told.contains !== "1"
        ? choice("unit", _("Counted in"), [
            ["pack", _("packs of {count}", { count: told.contains })],
            ["piece", _("pieces")],
          ])
        : nothing
    }
    ${ofItem("sizes")?.length ? choice("size", _("Clothing size"), [["", _("not known")], ...ofItem("sizes").map((size) => [size, size])]) : nothing}
    ${choice("place", _("Which shelf?"), placeOptions(storage()), local.place || usual())} ${ofDelivery()}
    ${ofItem("hazard") ? field("reason", _("Dangerous goods: why there, if it is over the cap or beside what it should not")) : nothing}`,
    _("Receive"),
    receive,
    { draft: "receive", doubt: far },
  )}`;
}

export default {
  title: () => _("Receive"),
  enter(place, item) {
    Object.assign(local, CLEAR, draft("receiving"), book.place.has(place) ? { place } : {});
    const { zh, en } = book.item.get(item) ?? {};
    if (item) Object.assign(local, { item: { code: item, name_zh: zh ?? item, name_en: en ?? item } });
    const waiting = sessionStorage.getItem("maker-code");
    sessionStorage.removeItem("maker-code");
    if (waiting) scanned(waiting);
  },
  view() {
    if (!known()) return nobody();
    const nobodyKnows = local.told?.gtin && !local.told.item && !local.item;
    return html`${scanner("receive", (text) => (scanned(text), true))}
    ${
      local.code
        ? html`<p class="soft">${_("Code")} <code>${local.code.replaceAll("\u001d", "␝")}</code></p>`
        : html`<p class="hint">${_("Scan the manufacturer's code, or choose the item.")}</p>`
    }
    ${
      local.received && !local.item && !local.code
        ? html`<p><a class="button quiet wide" href="/lots/${local.received}">${_("Print the labels")}</a></p>`
        : nothing
    }
    ${nobodyKnows ? unknown() : nothing} ${chosen()} ${local.item ? details() : nothing}
    ${
      local.item || local.code
        ? html`<button class="plain wide" @click=${() => (reset(), dropDraft("receive"), draw())}>
            ${_("Start over")}
          </button>`
        : nothing
    }`;
  },
};

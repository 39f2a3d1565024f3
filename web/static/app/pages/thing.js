// One lot or piece: where it is, whether it is fit, and everything that can be done with it.
import { OUT, STORAGE, book, code, may, round } from "../book.js";
import { dateCard, forgetDates } from "../dates.js";
import { days } from "../days.js";
import { amountOf, lists, mine, nameOf, placeName, state, stockAt, stockOf, storage, unitOf } from "../gear.js";
import { icon } from "../icons.js";
import { newId, now, session } from "../net.js";
import { nfcButton } from "../nfc.js";
import { photoBox } from "../photos.js";
import { portrait } from "../pictures.js";
import { tell } from "../queue.js";
import { backTo, bringBack } from "../returns.js";
import {
  BROUGHT_BACK,
  N_,
  _,
  badge,
  choice,
  draw,
  endsText,
  field,
  form,
  go,
  hands,
  html,
  known,
  labelled,
  moment,
  nobody,
  nothing,
  once,
  pair,
  pick,
  placeOptions,
  reclaimBadge,
  say,
  stepper,
  unfold,
  usedUp,
  way,
} from "../ui.js";

const local = { act: "", quantity: 1, state: "ready", photos: [] };
let lot;

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

async function book1(kind, where, text, done, more = {}, target = undefined) {
  const movement = { id: newId(), kind, lot: lot.id, quantity: String(local.quantity), from: where.place, ...more };
  const to = more.to ?? target;
  const ends = { consume: usedUp, issue: to ?? hands, dispose: { text: N_("disposed of") } };
  const told = { what: [text, name()], effects: [[lot.id, where.place, to, local.quantity]], photos: local.photos };
  const ways = { where: way(where.place, ends[kind] ?? to), undo: counter(kind, where, to) };
  const outcome = await tell({ kind: "basket", movements: [movement] }, { ...told, ...ways });
  if (say(outcome, done)) reset();
}

function reset() {
  forgetDates();
  Object.assign(local, { act: "", quantity: 1, state: "ready", photos: [] });
  draw();
}

async function giveBack(where, to) {
  const { quantity, state: how } = local;
  if (await bringBack([where], { quantity, state: how, to })) reset();
}

// A single piece is out of use where it is; of a batch the faulty part leaves the shelf.
async function fault(where, description) {
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

// Controlled gear: the confirmation that stands for this, if any. Without a signal it is taken all the same: a late fact
// is booked, and somebody is told that there was no second person (T96).
const handOut = () => (book.work.hand_outs ?? []).find((one) => one.mine && one.lot === lot.id);
const alone = () => lot.of?.controlled && session.online && !handOut()?.agreed;

async function askWitness() {
  const outcome = await tell(
    { kind: "ask-witness", depot: code, thing: lot.id, quantity: String(local.quantity) },
    { what: [N_("Second person asked: {name} × {quantity}"), name()] },
  );
  if (say(outcome, _("Asked. The second person confirms on their own phone."))) go("witness");
}

function second(where) {
  if (!lot.of?.controlled) return nothing;
  if (!session.online)
    return html`<p class="notice warn">
      ${_("Controlled gear. No signal: it is booked as a late fact, and reported as taken by one person alone.")}
    </p>`;
  const standing = handOut();
  if (standing?.agreed)
    return html`<p class="notice good">
      ${_("Confirmed by {who}", { who: standing.witness })} × ${standing.quantity}
    </p>`;
  if (standing) return html`<p class="notice warn"><a href="#/witness">${_("Waiting for a second person")}</a></p>`;
  return html`${many(where)}<button class="wide" @click=${once(askWitness)}>${_("Ask for a second person")}</button>`;
}

// A single piece leaves the book in two steps: proposed here, approved by somebody else (T36).
async function scrap(reason) {
  const outcome = await tell(
    { kind: "propose-scrap", thing: lot.id, reason },
    { what: [N_("Proposed for disposal: {name}"), name()], photos: local.photos },
  );
  if (say(outcome, _("Proposed. Somebody with authority approves it."))) reset();
}

async function noteSize({ size }) {
  const outcome = await tell({ kind: "note-size", thing: lot.id, size }, { what: [N_("Size noted: {name}"), name()] });
  if (say(outcome, _("Noted."))) reset();
}

async function notThis() {
  const outcome = await tell({ kind: "not-this", thing: lot.id }, { what: [N_("Wrong label: {name}"), name()] });
  say(outcome, _("Noted. Someone will check the labels."));
}

// A device and its battery: what is in it, and what lies ready to be put in (T41).
const isPart = (item) =>
  book.shelves.kit_lines.some((line) => line.item === item && book.item.get(line.kit)?.holds === "device");
const chargeText = (one) => (typeof one.charge === "number" ? ` · ${one.charge} %` : "");

async function fit({ part }) {
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

function device() {
  const parts = new Set(book.shelves.kit_lines.filter((line) => line.kit === lot.item).map((line) => line.item));
  const spares = book.rows.filter(
    (row) => parts.has(row.lot.item) && book.place.get(row.place)?.reach && row.place !== lot.id,
  );
  const inside = stockAt(lot.id);
  return html`<section class="card">
    <h2>${_("In it now")}</h2>
    ${
      inside.length
        ? html`<ul class="list">${inside.map((row) => html`<li><a href="#/thing/${row.lot.id}"><span>${nameOf(row.lot)} <b>${row.lot.number}</b>${chargeText(row.lot)}</span>${badge(row.lot)}</a></li>`)}</ul>`
        : html`<p class="hint">${_("no battery recorded yet")}</p>`
    }
    ${
      may("take") && spares.length
        ? form(
            choice(
              "part",
              _("Put another in"),
              spares.map((row) => [row.lot.id, `${nameOf(row.lot)} ${row.lot.number}${chargeText(row.lot)}`]),
            ),
            _("Put it in"),
            fit,
          )
        : nothing
    }
  </section>`;
}

async function charge({ percent }) {
  const outcome = await tell(
    { kind: "charged", thing: lot.id, percent: Number(percent) },
    { what: [N_("Charged: {name}"), name()] },
  );
  if (say(outcome, _("Noted."))) reset();
}

const many = (where) =>
  lot.of?.tracking === "serial"
    ? nothing
    : html`<p class="label">${_("How many?")} <span class="soft">(${amountOf(where.quantity, lot)})</span></p>
        ${stepper(_("How many?"), local.quantity, (value) => ((local.quantity = round(value)), draw()), { least: 1, most: where.quantity })}`;

const back = (where) => labelled(_("where it was taken"), backTo(where, local.quantity)) || _("where it was taken");

function actForm(where) {
  const shelves = placeOptions(storage().filter((row) => row.id !== where.place && row.id !== lot.id));
  switch (local.act) {
    case "back":
      return html`${many(where)}${pick(
        _("In what state?"),
        BROUGHT_BACK.map(([key, word]) => [key, _(word)]),
        local.state,
        (key) => ((local.state = key), draw()),
      )}
      ${form(local.state === "ready" ? choice("to", _("To which place"), [["", back(where)], ...shelves]) : nothing, _("Return"), ({ to }) => giveBack(where, to))}`;
    case "several":
      return html`${many(where)}<button class="wide" @click=${once(() => take(where))}>${_("Take {count} {unit}", { count: local.quantity, unit: unitOf(lot) })}</button>`;
    case "take":
      return html`${many(where)}${form(field("reason", _("Why use it anyway?"), { required: true, most: 500 }), _("Take"), ({ reason }) => take(where, { reason }), { draft: `take ${lot.id}` })}`;
    case "move":
      return html`${many(where)}${form(html`${choice("to", _("To which place"), [...shelves, ...workshop()])}${lot.of?.hazard ? field("reason", _("Dangerous goods: why there, if it is over the cap or beside what it should not")) : nothing}`, _("Move"), ({ to, reason = "" }) => book1("transfer", where, N_("Move {name} × {quantity}"), _("Moved."), { to, ...(reason && { reason }) }))}`;
    case "use":
      return html`${many(where)}${form(field("reason", _("What for?")), _("Use up"), ({ reason }) => book1("consume", where, N_("Use up {name} × {quantity}"), _("Taken and used up."), { reason }), { draft: `use ${lot.id}` })}`;
    case "open":
      return html`${many(where)}${form(field("opened", _("Opened on"), { type: "date", value: book.shelves.today }), _("Open a pack"), ({ opened }) => book1("open", where, N_("Open {name} × {quantity}"), _("Opened."), { opened_on: opened }, where.place))}`;
    case "size":
      return form(
        choice(
          "size",
          _("Clothing size"),
          lot.of.sizes.map((size) => [size, size]),
          lot.size ?? "",
        ),
        _("Save"),
        noteSize,
      );
    case "scrap":
      return form(
        html`${field("reason", _("Why?"), { required: true, most: 500 })}${photoBox(local.photos)}`,
        _("Propose it"),
        ({ reason }) => scrap(reason),
        { draft: `scrap ${lot.id}` },
      );
    case "dispose":
      return html`${many(where)}${form(html`${field("reason", _("Why?"), { required: true })}${photoBox(local.photos)}`, _("Dispose"), ({ reason }) => book1("dispose", where, N_("Dispose of {name} × {quantity}"), _("Disposed."), { reason }), { draft: `dispose ${lot.id}` })}`;
    case "fault":
      return html`${many(where)}${form(html`${field("description", _("What is wrong?"), { required: true, most: 500 })}${photoBox(local.photos)}`, _("Report it"), ({ description }) => fault(where, description), { draft: `fault ${lot.id}` })}`;
    default:
      return nothing;
  }
}

// What must not be handed out at all; the server would refuse it too.
const barred = () => ["hold", "faulty"].includes(state(lot)) || (state(lot) === "expired" && lot.of?.hard_stop);

const workshop = () => placeOptions(book.shelves.places.filter((row) => ["workshop", "hold"].includes(row.kind)));

const take = (where, more = {}) =>
  lot.of?.consumable
    ? book1("consume", where, N_("Take {name} × {quantity}"), _("Taken and used up."), more)
    : book1("issue", where, N_("Take {name} × {quantity}"), _("Taken. It is in your hands now."), more, mine()?.id);

// What the button says, whatever another form of the card was set to.
function takeOne(where) {
  local.quantity = 1;
  return take(where);
}

function card(where) {
  const place = book.place.get(where.place);
  const out = OUT.includes(place?.kind);
  const takes = !out && may("take") && STORAGE.includes(place?.kind) && !barred();
  // What is past its date is thrown away first of all, and taken only with a reason
  const doubtful = ["expired", "undated", "unchecked"].includes(state(lot));
  const plain = takes && !doubtful && !alone();
  const away =
    may("keep") && !out
      ? lot.of?.tracking === "serial"
        ? [["scrap", _("Propose for disposal")]]
        : alone()
          ? []
          : [["dispose", _("Dispose")]]
      : [];
  const acts = [
    ...(state(lot) === "expired" ? away : []),
    ...(out ? [["back", _("Not OK, or only part of it")]] : []),
    ...(plain && lot.of?.tracking !== "serial" && where.quantity > 1 ? [["several", _("Take several")]] : []),
    ...(may("keep") && !out ? [["move", _("Move")]] : []),
    ...(may("take") && place?.kind !== "transit" && (out || !alone()) ? [["use", _("Use up")]] : []),
    ...(may("keep") && lot.of?.opens && !lot.opened && !out ? [["open", _("Open a pack")]] : []),
    ...(may("keep") && lot.of?.sizes?.length && lot.of?.tracking === "serial" ? [["size", _("Clothing size")]] : []),
    ["fault", _("Fault")],
    ...(state(lot) === "expired" ? [] : away),
    ...(takes && doubtful && !alone() ? [["take", _("Take")]] : []),
  ];
  const open = local.place === where.place;
  return html`<section class="card">
    <p><b>${place?.mine ? _("In my hands") : placeName(where.place)}</b> · <span class="whole">${amountOf(where.quantity, lot)}</span> ${reclaimBadge(where)}</p>
    ${takes ? second(where) : nothing}
    ${
      plain
        ? html`<button class="wide" @click=${once(() => takeOne(where))}>${_("Take 1 {unit}", { unit: unitOf(lot) })}</button>`
        : nothing
    }
    ${
      ["holder", "incident"].includes(place?.kind)
        ? html`<button class="wide" @click=${once(() => bringBack([where]).then((done) => done && reset()))}>
            ${_("Return, OK")}
          </button>`
        : nothing
    }
    <div class="acts-row">
      ${
        plain && may("keep") && !lot.of?.consumable && !lot.of?.controlled
          ? html`<a class="button quiet" href="#/lend/${lot.id}">${_("Lend")}</a>`
          : nothing
      }
      ${acts.map(
        ([key, word]) => html`<button class="quiet" aria-expanded=${open && local.act === key}
          @click=${() => (Object.assign(local, { act: local.act === key && open ? "" : key, place: where.place, quantity: 1, photos: [] }), draw())}>${word}</button>`,
      )}
    </div>
    ${open && local.act ? html`<div class="act-form">${actForm(where)}</div>` : nothing}
  </section>`;
}

const PAPERS = {
  photo: N_("Photo"),
  manual: N_("Manual"),
  "data-sheet": N_("Data sheet"),
  certificate: N_("Certificate"),
  drawing: N_("Drawing"),
  other: N_("Other file"),
};
const address = (file) => `/api/catalogue/files/${file.id}`;

// What the item looks like, and its papers. They come from the server: without a signal they are left out.
function papers(files) {
  if (!files.length || !session.online) return nothing;
  const photo = files.find((file) => file.kind === "photo");
  const others = files.filter((file) => file !== photo);
  return html`${
    photo
      ? html`<p class="photos"><a href=${address(photo)}><img src=${address(photo)} loading="lazy" alt=${photo.title || _("Photo")} /></a></p>`
      : nothing
  }
    ${
      others.length
        ? unfold(
            "papers",
            _("Papers"),
            () =>
              html`<p class="ways">${others.map((file) => html`<a class="button quiet" href=${address(file)}>${file.title || _(PAPERS[file.kind])}</a>`)}</p>`,
          )
        : nothing
    }`;
}

export default {
  title: (id) => (book.lot.get(id) ? nameOf(book.lot.get(id)) : _("Thing")),
  enter(id, act) {
    reset();
    // A fault that was begun elsewhere, in the basket: its form stands open
    if (act === "fault") Object.assign(local, { act, place: stockOf(id)[0]?.place });
  },
  view(id) {
    if (!known()) return nobody();
    lot = book.lot.get(id);
    if (!lot)
      return html`<p class="notice">${_("This depot has none of it now.")}</p>
        <p><a class="button quiet wide" href="/lots/${id}?at=${code}">${_("Look it up online")}</a></p>`;
    const faults = lists("faults").filter((one) => one.lot === id);
    return html`${portrait(lot.of, nameOf(lot))}
      <p>${badge(lot)} <span class="soft">${lot.item} ${lot.number}</span></p>
      <p class="soft">
        ${lot.through ? days(labelled(_("Use by"), endsText(lot.through))) : nothing}
        ${lot.opened ? html` · ${_("Opened on")} ${lot.opened}` : nothing}
      </p>
      ${papers(lot.of?.files ?? [])}
      ${faults.map((one) => html`<p class="notice bad">${moment(one.at)} · ${one.description}</p>`)}
      ${lot.of?.holds === "device" ? device() : nothing}
      ${
        isPart(lot.item) && may("take")
          ? unfold("charge", `${_("Charge")}${chargeText(lot)}`, () =>
              form(
                field("percent", _("Charge level in per cent"), { mode: "numeric", required: true, check: "quantity" }),
                _("Save"),
                charge,
              ),
            )
          : nothing
      }
      ${
        lot.of?.holds && lot.of.holds !== "device"
          ? html`<p><a class="button quiet wide" href="#/kit/${id}">${icon("kit")} ${_("What is in it")}</a></p>`
          : nothing
      }
      ${dateCard(lot, stockOf(id))} ${stockOf(id).map(card)}
      <p class="ways">
        <a class="button quiet" href="/lots/${id}/upkeep">${_("Upkeep")}</a
        ><button class="quiet" @click=${once(notThis)}>${_("Wrong label")}</button>
      </p>
      ${nfcButton(id, nameOf(lot))}`;
  },
};

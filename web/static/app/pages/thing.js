// One lot or piece: where it is, whether it is fit, and everything that can be done with it.
import { OUT, STORAGE, book, code, may, round } from "../book.js";
import { dateCard } from "../dates.js";
import { days } from "../days.js";
import { amountOf, lists, nameOf, placeName, state, stockAt, stockOf, storage, unitOf } from "../gear.js";
import { icon } from "../icons.js";
import { session } from "../net.js";
import { nfcButton } from "../nfc.js";
import {
  alone,
  askWitness,
  book1,
  charge,
  fault,
  fit,
  giveBack,
  handOut,
  local,
  lot,
  notThis,
  noteSize,
  regard,
  reset,
  scrap,
  take,
  takeOne,
} from "../thing_acts.js";
import { photoBox } from "../photos.js";
import { portrait } from "../pictures.js";
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
  html,
  known,
  labelled,
  moment,
  nobody,
  nothing,
  once,
  pick,
  placeOptions,
  reclaimBadge,
  stepper,
  unfold,
} from "../ui.js";

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

// A device and its battery: what is in it, and what lies ready to be put in (T41).
const isPart = (item) =>
  book.shelves.kit_lines.some((line) => line.item === item && book.item.get(line.kit)?.holds === "device");
const chargeText = (one) => (typeof one.charge === "number" ? ` · ${one.charge} %` : "");

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
      return html`${many(where)}${form(html`${choice("to", _("To which place"), isPast() ? [...ofKind("hold"), ...shelves] : [...shelves, ...ofKind("workshop"), ...ofKind("hold")])}${lot.of?.hazard ? field("reason", _("Dangerous goods: why there, if it is over the cap or beside what it should not")) : nothing}`, _("Move"), ({ to, reason = "" }) => book1("transfer", where, N_("Move {name} × {quantity}"), _("Moved."), { to, ...(reason && { reason }) }))}`;
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
      return html`${many(where)}${form(html`${field("reason", _("Why?"), { required: true, value: isPast() ? _("Expired") : "" })}${photoBox(local.photos)}`, _("Dispose"), ({ reason }) => book1("dispose", where, N_("Dispose of {name} × {quantity}"), _("Disposed."), { reason }), { draft: `dispose ${lot.id}` })}`;
    case "fault":
      return html`${many(where)}${form(html`${field("description", _("What is wrong?"), { required: true, most: 500 })}${photoBox(local.photos)}`, _("Report it"), ({ description }) => fault(where, description), { draft: `fault ${lot.id}` })}`;
    default:
      return nothing;
  }
}

// What must not be handed out at all; the server would refuse it too.
const barred = () => ["hold", "faulty"].includes(state(lot)) || (state(lot) === "expired" && lot.of?.hard_stop);

const ofKind = (kind) => placeOptions(book.shelves.places.filter((row) => row.kind === kind));

// What is past its date goes as a whole
const isPast = () => state(lot) === "expired";
const usual = (act, where) => (isPast() && ["dispose", "move"].includes(act) ? where.quantity : 1);

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
  const inside = ["kit", "vehicle"].includes(place?.kind);
  return html`<section class="card">
    <p><b>${place?.mine ? _("In my hands") : placeName(where.place)}</b> · <span class="whole">${amountOf(where.quantity, lot)}</span> ${reclaimBadge(where)}</p>
    ${takes ? second(where) : nothing}
    ${
      plain
        ? html`<button class=${inside ? "quiet wide" : "wide"} @click=${once(() => takeOne(where))}>${_("Take 1 {unit}", { unit: unitOf(lot) })}</button>
            ${inside ? html`<p class="hint">${_("It is missing there until it is put back.")}</p>` : nothing}`
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
          @click=${() => (Object.assign(local, { act: local.act === key && open ? "" : key, place: where.place, quantity: usual(key, where), photos: [] }), draw())}>${word}</button>`,
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
    regard(book.lot.get(id));
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

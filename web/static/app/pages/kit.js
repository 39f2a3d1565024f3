// A kit or vehicle: what should be in it, what is, what ends first; its seal; counting, refilling, sealing anew.
import { STORAGE, book, may } from "../book.js";
import { carrierName } from "../carriers.js";
import { muchMore, nearlySame } from "../checks.js";
import { read } from "../codes.js";
import { days } from "../days.js";
import { draft, dropDraft, keepDraft } from "../drafts.js";
import { amountOf, kit, nameOf, placeName, stockOf } from "../gear.js";
import { icon } from "../icons.js";
import { newId, now } from "../net.js";
import { photoBox } from "../photos.js";
import { tell } from "../queue.js";
import { scanner } from "../scanner.js";
import {
  N_,
  _,
  badge,
  draw,
  either,
  endsText,
  field,
  form,
  html,
  known,
  labelled,
  listed,
  moment,
  nobody,
  nothing,
  once,
  pair,
  say,
  stepper,
  toast,
  way,
} from "../ui.js";

const CLEAR = { step: "", strays: [], photos: [], doubt: "" };
const local = { ...CLEAR, counts: new Map() };
let seen;
let place;

const name = () => ({ name: pair(seen.lot?.of ?? book.place.get(place)) });

// What is being counted is kept until it is sent.
function save(change = {}) {
  Object.assign(local, change);
  const { step, counts, strays } = local;
  if (step || counts.size || strays.length) keepDraft(`kit ${place}`, { step, counts, strays });
  else dropDraft(`kit ${place}`);
  draw();
}
const count = (lot, value) => {
  local.counts.set(lot, value);
  save({ doubt: "" });
};
const checked = () => ({ lay: "checked", place, at: now().toISOString() });

async function checkSeal(number, whole) {
  const same = whole && seen.seal?.number === number;
  const sets = same ? [checked()] : [{ lay: "seal", place }];
  const outcome = await tell(
    { kind: "check-seal", place, number, whole },
    { what: [N_("Seal checked: {name}"), name()], sets },
  );
  if (
    !say(
      outcome,
      same ? _("The seal is whole: checked by the dates on record.") : _("Not the seal on record: count everything."),
    )
  )
    return;
  save({ step: same ? "" : "count" });
}

// A wrong number ends the seal on record: it is asked back first.
function otherSeal({ number }) {
  const recorded = seen.seal?.number ?? "";
  if (number === recorded) return "";
  if (nearlySame(number, recorded))
    return _("On record is {recorded}, you typed {number}: one digit differs. Look at the seal again.", {
      recorded,
      number,
    });
  return _("On record is {recorded}. With another number that seal counts as broken, and everything is counted.", {
    recorded,
  });
}

function doubtful() {
  const far = seen.content.find(({ lot, quantity }) => muchMore(local.counts.get(lot.id) ?? 0, quantity));
  return far ? _("Is {count} of {name} right?", { count: local.counts.get(far.lot.id), name: nameOf(far.lot) }) : "";
}

// Whoever has looked at all of it counts only what differs: the rest is as the book says, in one tap.
async function sendRest() {
  for (const { lot, quantity } of blanks()) local.counts.set(lot.id, quantity);
  await sendCount();
}

async function sendCount() {
  const of = place;
  if (!local.doubt && (local.doubt = doubtful())) return draw();
  const lines = [...local.counts]
    .filter(([, quantity]) => quantity !== null)
    .map(([thing, quantity]) => ({ thing, quantity: String(quantity) }));
  const outcome = await tell(
    { kind: "count-kit", place, lines },
    {
      what: [N_("Counted: {name}"), name()],
      photos: local.photos,
      sets: [
        checked(),
        ...lines.map(({ thing, quantity }) => ({ lay: "amount", place, lot: thing, quantity: Number(quantity) })),
      ],
    },
  );
  const next = book.place.get(of)?.kind === "kit" ? "seal" : "";
  const after = { ...CLEAR, step: next, photos: [], counts: new Map() };
  if (outcome.state !== "refused" && place === of) save(after);
  else if (outcome.state !== "refused") dropDraft(`kit ${of}`); // another kit has been opened meanwhile
  say(outcome, _("Counted. Differences are booked."));
}

async function refill() {
  const outcome = await tell({ kind: "refill", place }, { what: [N_("Refilled: {name}"), name()] });
  const short = outcome.result?.short ?? [];
  say(
    outcome,
    short.length ? _("Refilled from the shelves; {count} lines still short.", { count: short.length }) : _("Refilled."),
  );
}

async function seal(number) {
  const outcome = await tell(
    { kind: "put-seal", place, number },
    { what: [N_("Sealed: {name}"), name()], sets: [{ lay: "seal", place, number, at: now().toISOString() }] },
  );
  if (say(outcome, seen.short.length ? _("Sealed with items missing: the next shift sees which.") : _("Sealed.")))
    save({ step: "" });
  draw();
}

async function moveHere(lot, from) {
  const movement = { id: newId(), kind: "transfer", lot: lot.id, quantity: "1", from, to: place };
  const outcome = await tell(
    { kind: "basket", movements: [movement] },
    {
      what: [N_("Move {name} × {quantity}"), { name: pair(lot.of), quantity: 1 }],
      where: way(from, place),
      effects: [[lot.id, from, place, 1]],
    },
  );
  if (!say(outcome, _("Moved here."))) return draw();
  local.strays = local.strays.filter((one) => one !== lot.id);
  count(lot.id, 1);
}

// Scanned during a count: one more of it, or something that the book has elsewhere ("move here", T32).
function scanned(text) {
  const code = read(text);
  const lot = book.lot.get(code.id);
  if (!lot) {
    toast(_("This is not known at this depot."), "warn");
    return false;
  }
  const here = stockOf(lot.id).some((row) => row.place === place);
  if (!here && lot.of?.tracking === "serial") {
    if (!local.strays.includes(lot.id)) save({ strays: [...local.strays, lot.id] });
    return true;
  }
  const serial = lot.of?.tracking === "serial";
  count(lot.id, serial ? 1 : (local.counts.get(lot.id) ?? 0) + 1);
  return true;
}

const countRow = (row) =>
  html`<li class="line">
    <div>
      <b class="name">${nameOf(row.lot)}</b>
      <span class="soft line">${row.lot.number} ${days(endsText(row.lot.through))}</span
      >${badge(row.lot)}
    </div>
    <div class="line-end">
      ${stepper(nameOf(row.lot), local.counts.get(row.lot.id) ?? null, (value) => count(row.lot.id, value), { blank: true, piece: row.lot.of?.tracking === "serial" })}
      <button class="quiet" @click=${() => count(row.lot.id, row.quantity)}>
        ${_("All {count}", { count: row.quantity })}
      </button>
    </div>
  </li>`;

const stray = (id) => {
  const lot = book.lot.get(id);
  const at = stockOf(id)[0];
  return html`<li class="notice warn">
    <p>
      <b>${nameOf(lot)}</b>
      ${labelled(lot.number, _("the book has it at {place}.", { place: placeName(at?.place) }))}
    </p>
    ${
      at && STORAGE.includes(book.place.get(at.place)?.kind)
        ? html`<button class="wide" @click=${once(() => moveHere(lot, at.place))}>${_("Move it here")}</button>`
        : nothing
    }
  </li>`;
};

const blanks = () => seen.content.filter(({ lot }) => typeof local.counts.get(lot.id) !== "number");

const countView = () =>
  html`${scanner(`kit-${place}`, scanned)}
    <ul>
      ${local.strays.map(stray)}
    </ul>
    <ul class="basket">
      ${seen.content.map(countRow)}
    </ul>
    <p class="hint">${_("A line left blank is not counted; it does not count as 0.")}</p>
    ${photoBox(local.photos)} ${local.doubt ? html`<p class="notice warn" role="alert">${local.doubt}</p>` : nothing}
    ${
      local.doubt || !blanks().length
        ? nothing
        : html`<button class="wide" @click=${once(sendRest)}>
          ✓ ${local.counts.size ? _("The other {count} lines are as the book says: save", { count: blanks().length }) : _("All as the book says")}
        </button>`
    }
    <button class="wide ${blanks().length ? "quiet" : ""}" ?disabled=${!local.counts.size} @click=${once(sendCount)}>
      ${local.doubt ? _("Yes, that is right") : _("Save the count")}
    </button>
    <button class="plain wide" @click=${() => save({ ...CLEAR, photos: [], counts: new Map() })}>
      ${_("Discard the count")}
    </button>`;

const sealView = () =>
  form(
    field("number", _("Number of the new seal"), { required: true, most: 32, mode: "numeric" }),
    seen.short.length ? _("Seal it with {count} lines short", { count: seen.short.length }) : _("Seal it"),
    ({ number }) => seal(number),
    { draft: `seal ${place}` },
  );

const part = (one) =>
  html`<li class="line">
    <div>
      <b class="name">${either(one.item)}</b><span class="soft line">${days(endsText(one.ends))}</span>
    </div>
    <b class=${one.ready < one.should ? "short" : ""}
      >${one.ready}${one.should ? ` / ${one.should}` : ""} ${either(one.item, "unit_")}</b
    >
  </li>`;

function overview() {
  const first = seen.parts.filter((one) => one.ends).sort((a, b) => a.ends.localeCompare(b.ends))[0];
  const parts = [...seen.parts].sort((a, b) => Number(b.ready < b.should) - Number(a.ready < a.should));
  return html` <p>
      ${
        seen.short.length
          ? html`<span class="badge bad">✗ ${_("{count} lines short", { count: seen.short.length })}</span>`
          : html`<span class="badge good">✓ ${_("complete")}</span>`
      }
      ${
        first
          ? html`<span class="soft">${days(_("First to expire: {name}, {day}", { name: either(first.item), day: first.ends }))}</span>`
          : nothing
      }
    </p>
    ${
      seen.seal
        ? html`<p class="notice ${seen.seal.short.length ? "warn" : ""}">${icon("seal")} ${_("Seal {number}", { number: seen.seal.number })} · ${moment(seen.seal.at)}${
            seen.seal.short.length
              ? html`<br />${_("Sealed incomplete: {what}", { what: listed(seen.seal.short.map((one) => `${either(one, "item_")} ${one.there}/${one.should}`)) })}`
              : nothing
          }</p>`
        : nothing
    }
    ${seen.checked ? html`<p class="soft">${labelled(_("Last check"), moment(seen.checked))}</p>` : nothing}
    ${may("keep") ? actions() : nothing}
    <h2>${_("What belongs in it")}</h2>
    <ul class="basket">
      ${parts.map(part)}
    </ul>
    <h2>${_("What is in it")}</h2>
    <ul class="list">
      ${seen.content.map(
        (row) =>
          html`<li>
            <a href="#/thing/${row.lot.id}"
              ><span>${nameOf(row.lot)} <span class="soft">${row.lot.number}</span></span
              ><b class="amount">${amountOf(row.quantity, row.lot)}</b></a
            >
          </li>`,
      )}
    </ul>`;
}

const actions = () =>
  html` ${
    book.place.get(place)?.kind === "kit" && seen.seal
      ? form(
          field("number", _("Number on the seal"), { required: true, most: 32, mode: "numeric" }),
          _("The seal is whole"),
          ({ number }) => checkSeal(number, true),
          { draft: `seal-check ${place}`, doubt: otherSeal },
        )
      : nothing
  }
    <div class="acts-row">
      ${
        seen.seal
          ? html`<button class="quiet" @click=${once(() => checkSeal("", false))}>${_("The seal is broken")}</button>`
          : nothing
      }
      <button class="quiet" @click=${() => save({ step: "count" })}>${icon("count")} ${_("Count everything")}</button>
      <button class="quiet" ?disabled=${!seen.short.length} @click=${once(refill)}>
        ${_("Refill from the shelf")}
      </button>
      ${
        book.place.get(place)?.kind === "kit"
          ? html`<button class="quiet" @click=${() => save({ step: "seal" })}>${icon("seal")} ${_("Put a new seal on")}</button>`
          : nothing
      }
    </div>`;

export default {
  title: (id) => carrierName(id) || _("Kit"),
  enter: (id) => Object.assign(local, CLEAR, { photos: [], counts: new Map() }, draft(`kit ${id}`)),
  view(id) {
    if (!known()) return nobody();
    place = id;
    if (!book.place.has(id)) return html`<p class="notice">${_("This depot has none of it now.")}</p>`;
    seen = kit(id);
    if (local.step === "count") return countView();
    if (local.step === "seal")
      return html`${sealView()}
        <p><button class="quiet wide" @click=${() => save({ step: "" })}>${_("Not now")}</button></p>`;
    return overview();
  },
};

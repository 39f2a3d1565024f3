// Scan, scan, scan, one confirm: a basket of what is taken, brought back, used up or moved.
import { STORAGE, book, code as here, goesBack, may } from "../book.js";
import { beep } from "../camera.js";
import { read } from "../codes.js";
import { draft, dropDraft, keepDraft } from "../drafts.js";
import { heldElsewhere, mine, nameOf, placeName, state, stockOf, storage, unitOf } from "../gear.js";
import { meantBy } from "../here.js";
import { icon } from "../icons.js";
import { newId, session } from "../net.js";
import { tell } from "../queue.js";
import { choose } from "../renewal.js";
import { backTo } from "../returns.js";
import { scanner } from "../scanner.js";
import {
  N_,
  _,
  badge,
  choice,
  draw,
  either,
  go,
  hands,
  html,
  known,
  listed,
  nobody,
  nothing,
  once,
  pair,
  placeOptions,
  pick,
  renewNow,
  say,
  stepper,
  toast,
  usedUp,
  way,
  wayText,
} from "../ui.js";

const MODES = {
  take: [N_("Take"), N_("Take {count}"), N_("Taken.")],
  back: [N_("Return"), N_("Return {count}"), N_("Returned. Thank you.")],
  move: [N_("Move"), N_("Move {count} here"), N_("Moved.")],
};
// From where each mode takes
const SOURCES = { take: STORAGE, back: ["holder", "incident"], move: [...STORAGE, "hold"] };
const UNDONE = { issue: "return", return: "issue", transfer: "transfer" };

/** @type {{ mode: string, lines: Map<string, any>, to: string, last: string, of?: string }} kept as a draft */
const basket = { mode: "take", lines: new Map(), to: "", last: "", of: undefined };

// Each person's own basket, as they left it: it is there after a stray tap, a reload, a dead battery.
function opened() {
  const of = session.me?.id ?? "";
  if (basket.of !== of) {
    const { mode = "take", to = "", lines = [] } = draft("basket") ?? {};
    Object.assign(basket, { of, mode, to, last: "", lines: new Map(lines.map((line) => [line.key, line])) });
  }
  for (const line of basket.lines.values()) line.lot = book.lot.get(line.key);
  return basket;
}

function save() {
  const lines = [...basket.lines.values()].map(({ lot: _lot, ...line }) => line);
  if (lines.length) keepDraft("basket", { mode: basket.mode, to: basket.to, lines });
  else dropDraft("basket");
  draw();
}

export const inBasket = () => [...opened().lines.values()];
// Only what was told leaves the basket: somebody may have scanned on while the answer was awaited.
export function takeOut(lines) {
  for (const line of lines) basket.lines.delete(line.key);
  if (!basket.lines.size) basket.to = "";
  save();
}

/** Put a thing into the basket that was found without its label. */
export function put(id) {
  const lot = book.lot.get(id);
  if (!lot || opened().lines.has(id)) return;
  basket.lines.set(id, { key: id, lot, label: "", quantity: 1 });
  save();
}
export const amend = (line, quantity) => ((line.quantity = quantity), save());

// What a text adds to the basket; false where it could not be used (the phone beeps low).
export function scanned(text) {
  opened();
  const used = add(text);
  if (used === true) save();
  return used;
}

function add(text) {
  const code = read(text);
  if (code.kind === "maker") {
    sessionStorage.setItem("maker-code", code.text);
    go("receive");
    return true;
  }
  if (code.kind === "foreign") {
    toast(_("This is not one of our codes."), "warn");
    return false;
  }
  if (code.kind === "place") {
    if (basket.mode === "take" && !basket.lines.size) go(`place/${code.id}`);
    else if (basket.mode !== "take") basket.to = code.id;
    else toast(_("This is a place: {place}", { place: placeName(code.id) }), "warn");
    return true;
  }
  const key = code.id ?? code.code;
  basket.last = key;
  if (basket.lines.has(key)) return "again"; // seen twice counts once; its line lights up
  if (code.kind === "unknown" && heldElsewhere().some((row) => row.code === code.code)) {
    go("hands"); // it goes back to the depot it is of; nothing else can be done with it here
    return true;
  }
  if (code.kind === "unknown") {
    basket.lines.set(key, { key, label: code.code, quantity: 1 });
    nameIt(key, code.code);
    return true;
  }
  const lot = book.lot.get(code.id);
  const out = stockOf(lot.id).some((row) => ["holder", "incident"].includes(book.place.get(row.place)?.kind));
  const onShelf = stockOf(lot.id).some((row) => STORAGE.includes(book.place.get(row.place)?.kind));
  if (!basket.lines.size && basket.mode === "take" && out && !onShelf) basket.mode = "back";
  basket.lines.set(key, { key, lot, label: code.code, quantity: 1 });
  return true;
}

// Not of this depot: the server knows what it is and where; the line says so, and its button too.
async function nameIt(key, text) {
  const about = await meantBy(text, here);
  const line = basket.lines.get(key);
  if (!about || !line) return;
  if (about.kind === "place") {
    basket.lines.delete(key);
    save();
    await choose(about.depot);
    toast(_("You are at {depot}", { depot: either(about, "depot_") }));
    renewNow();
    go(`place/${about.id}`);
    return;
  }
  line.about = about;
  save();
}

// The other depots at which this basket is booked, named; how many of its lines.
function elsewhere(lines) {
  const away = lines.filter((line) => !line.lot && line.about?.depot && line.about.depot !== here);
  return { count: away.length, depot: listed([...new Set(away.map((line) => either(line.about, "depot_")))]) };
}

function confirmText(lines) {
  const act = _(MODES[basket.mode][1], { count: lines.length });
  const away = elsewhere(lines);
  return away.count ? _("{act}, {count} of them at {depot}", { act, ...away }) : act;
}

// From which place of the depot a line is taken: the one that has most within reach.
function source(line, kinds) {
  const rows = line.lot ? stockOf(line.lot.id).filter((row) => kinds.includes(book.place.get(row.place)?.kind)) : [];
  return rows.sort(
    (a, b) => Number(book.place.get(b.place).mine) - Number(book.place.get(a.place).mine) || b.quantity - a.quantity,
  )[0]?.place;
}

function movementOf(line) {
  const { about } = line;
  const thing = line.lot ? { lot: line.lot.id } : { label: line.label };
  const base = { id: newId(), ...thing, quantity: String(line.quantity) };
  if (basket.mode === "take") {
    const kind = (line.lot?.of ?? about)?.consumable && basket.to === "" ? "consume" : "issue";
    return {
      ...base,
      kind,
      from: line.lot ? source(line, STORAGE) : (about?.place ?? undefined),
      ...(basket.to
        ? { to: basket.to, incident: book.place.get(basket.to)?.kind === "incident" ? basket.to : undefined }
        : {}),
      ...reason(line),
    };
  }
  return { ...base, kind: "transfer", from: source(line, [...STORAGE, "hold"]), to: basket.to };
}

// Each thing goes back where it was taken, be it several places; or all to the one that was chosen.
function returns(line) {
  const from = source(line, SOURCES.back);
  if (!line.lot || basket.to || !from)
    return [{ ...movementOf(line), kind: "return", from, to: basket.to || undefined, reason: undefined }];
  return goesBack(from, line.lot.id, line.quantity).map(({ to, quantity }) => ({
    ...{ id: newId(), kind: "return", lot: line.lot.id, quantity: String(quantity), from, to },
  }));
}

/** @returns {any[]} */
const movementsOf = (line) => (basket.mode === "back" ? returns(line) : [movementOf(line)]);

const reason = (line) => (line.reason ? { reason: line.reason } : {});
// A kit may lack a part that only the server knows of
const needsReason = (line) =>
  line.lot &&
  (["expired", "undated", "unchecked"].includes(state(line.lot)) || line.lot.of?.holds === "kit") &&
  !line.lot.of?.hard_stop;

const effect = (movement) => {
  const usual = basket.mode === "take" ? mine()?.id : undefined;
  const to = movement.kind === "consume" ? undefined : (movement.to ?? usual);
  return [movement.lot, movement.from, to, Number(movement.quantity)];
};

// The basket that takes this one back; only where each of its movements has a counter-movement.
function counter(movements, effects, what) {
  const backs = movements.map((one, number) => {
    const [lot, from, to] = effects[number] ?? [];
    const back = { lot, quantity: one.quantity, ...(to ? { from: to } : {}), to: from };
    if (one.kind === "consume")
      return (
        may("keep") && {
          lot,
          quantity: one.quantity,
          kind: "adjust",
          to: from,
          reason: _("Undone by the person who booked it"),
        }
      );
    const shelf = STORAGE.includes(book.place.get(one.kind === "return" ? to : from)?.kind);
    return shelf && from && { ...back, kind: UNDONE[one.kind] };
  });
  if (effects.length !== movements.length || !backs.every(Boolean)) return undefined;
  if (movements.some((one) => one.kind === "return") && !effects.every(([, from]) => book.place.get(from)?.mine))
    return undefined;
  return {
    entry: { kind: "basket", movements: backs },
    what: [N_("Undo: {act}"), { act: what }],
    effects: effects.map(([lot, from, to, count]) => [lot, to, from, count]),
  };
}

export async function confirm() {
  const lines = inBasket();
  const movements = lines.flatMap(movementsOf);
  const done = _(MODES[basket.mode][2]);
  const effects = movements.map(effect).filter(([lot]) => lot);
  const one = lines.length === 1 ? lines[0].lot?.of : undefined;
  const what = one
    ? [
        {
          take: N_("Take {name} × {quantity}"),
          back: N_("Return {name} × {quantity}"),
          move: N_("Move {name} × {quantity}"),
        }[basket.mode],
        { name: pair(one), quantity: lines[0].quantity },
      ]
    : [
        { take: N_("Take {count} things"), back: N_("Return {count} items"), move: N_("Move {count} things") }[
          basket.mode
        ],
        { count: lines.length },
      ];
  const spots = effects.map(([, from, to], number) =>
    way(from, movements[number].kind === "consume" ? usedUp : (to ?? (basket.mode === "take" ? hands : undefined))),
  );
  const same = spots.every((one) => wayText(one) === wayText(spots[0]));
  const outcome = await tell(
    { kind: "basket", movements },
    { what, effects, where: same ? spots[0] : undefined, undo: counter(movements, effects, what) },
  );
  if (outcome.state === "refused") beep(false);
  else takeOut(lines);
  say(outcome, done);
}

// Where a line comes from, and in "back" where it goes.
function from(line) {
  const place = source(line, SOURCES[basket.mode]);
  if (basket.mode !== "back" || basket.to) return placeName(place);
  const shelf = backTo({ place, lot: line.lot, quantity: line.quantity });
  return shelf ? _("back to {place}", { place: shelf }) : placeName(place);
}

const lineView = (line) =>
  html`<li class="line ${line.key === basket.last ? "last" : ""}">
    <div>
      <a href=${line.lot ? `#/thing/${line.lot.id}` : "#/scan"}
        ><b class="name">${line.lot ? nameOf(line.lot) : either(line.about) || line.label}</b></a
      >
      <span class="soft line"
        >${
          line.lot
            ? html`${line.lot.number} ${from(line)}`
            : line.about
              ? html`${line.about.number} <b>${either(line.about, "depot_")}</b> ${either(line.about, "place_")}`
              : _("not on this phone; looked up when it is sent")
        }</span
      >
      ${
        basket.mode === "take" && !basket.to && (line.lot?.of ?? line.about)?.consumable
          ? html`<span class="soft line">${_("used up once it is taken")}</span>`
          : nothing
      }
      ${
        line.lot
          ? html`${badge(line.lot)}${
              line.lot.of?.holds && line.lot.of.holds !== "device"
                ? html` <a href="#/kit/${line.lot.id}">${_("What is in it")}</a>`
                : nothing
            }
        <a href="#/thing/${line.lot.id}/fault">${_("Fault")}</a>`
          : nothing
      }
      ${
        needsReason(line) && basket.mode === "take"
          ? html`<input aria-label=${_("Why use it anyway?")} placeholder=${_("Why use it anyway?")} .value=${line.reason ?? ""}
          @change=${(event) => ((line.reason = event.target.value), save())} />`
          : nothing
      }
    </div>
    <div class="line-end">
      ${
        line.lot?.of?.tracking === "serial" || line.about?.single
          ? html`<span>1 ${line.lot ? unitOf(line.lot) : ""}</span>`
          : stepper(_("How many?"), line.quantity, (value) => ((line.quantity = value), save()), { least: 1 })
      }
      <button class="plain" aria-label=${_("Remove from the basket")} @click=${() => takeOut([line])}>${icon("close")}</button>
    </div>
  </li>`;

function targets() {
  if (basket.mode === "take") {
    const calls = book.shelves.places.filter((row) => row.kind === "incident");
    return calls.length
      ? choice("to", _("For"), [["", _("my own hands")], ...placeOptions(calls)], basket.to)
      : nothing;
  }
  const word = basket.mode === "back" ? _("To") : _("Where to? Scan the place, or choose it.");
  return choice(
    "to",
    word,
    [["", basket.mode === "back" ? _("where it was taken") : _("choose")], ...placeOptions(storage())],
    basket.to,
  );
}

export default {
  title: () => _("Scan"),
  enter(mode, place) {
    opened();
    if (MODES[mode]) basket.mode = mode;
    if (mode === "move" && book.place.has(place)) basket.to = place;
  },
  view() {
    if (!known()) return nobody();
    const lines = inBasket();
    const ready = lines.length && (basket.mode !== "move" || basket.to);
    const modes = Object.entries(MODES).filter(([key]) => key !== "move" || may("keep"));
    return html`${scanner("scan", scanned)}
      ${pick(
        _("What are you doing?"),
        modes.map(([key, [word]]) => [key, _(word)]),
        basket.mode,
        (key) => ((basket.mode = key), (basket.to = ""), save()),
      )}
      <ul class="basket">
        ${lines.map(lineView)}
      </ul>
      ${lines.length ? nothing : html`<p class="hint">${_("Point the camera at a label. Everything you scan goes into this basket; one tap records it all.")}</p>`}
      <div @change=${(event) => event.target.name === "to" && (((basket.to = event.target.value), save()))}>
        ${lines.length ? targets() : nothing}
      </div>
      ${
        lines.length
          ? html`<div class="confirm">
              <button class="wide" ?disabled=${!ready} @click=${once(confirm)}>
                ${confirmText(lines)}
              </button>
              ${
                basket.mode === "take"
                  ? html`<a class="button quiet wide" href="#/lend/basket">${_("Lend it instead")}</a>`
                  : nothing
              }
              <button class="plain wide" @click=${() => takeOut(lines)}>${_("Empty the basket")}</button>
            </div>`
          : nothing
      }`;
  },
};

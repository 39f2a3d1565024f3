// Lend what is in the basket: to a responder, to somebody of another unit, to a resident.
import { STORAGE, book, code } from "../book.js";
import { nameOf, stockOf } from "../gear.js";
import { newId, now } from "../net.js";
import { tell } from "../queue.js";
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
  nobody,
  nothing,
  pick,
  say,
  stepper,
  toast,
  way,
} from "../ui.js";
import { amend, inBasket, put, scanned, takeOut } from "./scan.js";

const WHO = [
  ["resident", N_("a resident")],
  ["outside", N_("another unit")],
  ["responder", N_("a responder")],
];
const HOURS = [
  [2, N_("2 hours")],
  [24, N_("a day")],
  [168, N_("a week")],
];
const local = { who: "resident", hours: 2 };

const source = (line) =>
  line.lot && stockOf(line.lot.id).find((row) => STORAGE.includes(book.place.get(row.place)?.kind))?.place;

async function lend({ name = "", unit = "", phone = "" }) {
  const id = newId();
  const basket = inBasket();
  if (!basket.length) {
    toast(_("Scan what you lend."), "bad");
    return KEEP;
  }
  const lines = basket.map((line) => ({
    thing: line.lot?.id ?? line.label,
    quantity: String(line.quantity),
    from: source(line),
    ...(line.reason ? { reason: line.reason } : {}),
  }));
  const due = new Date(now().getTime() + local.hours * 3_600_000).toISOString();
  const entry = { id, kind: "lend", depot: code, lines, borrower: local.who, name, unit, phone, due_at: due };
  const who = name || unit || phone;
  const [, word] = WHO.find(([key]) => key === local.who);
  const what = [N_("Lend to {who}: {count} things"), { who: who || [word], count: lines.length }];
  const placed = basket.filter((line) => line.lot && source(line));
  const effects = placed.map((line) => [line.lot.id, source(line), id, line.quantity]);
  const back = placed.map((line) => ({
    thing: line.lot.id,
    quantity: String(line.quantity),
    state: "ready",
    from: id,
    to: source(line),
  }));
  const undone = {
    entry: { kind: "give-back", lines: back },
    what: [N_("Undo: {act}"), { act: what }],
    effects: effects.map(([lot, from, to, count]) => [lot, to, from, count]),
  };
  const outcome = await tell(entry, {
    what,
    where: way(effects[0]?.[1], who ? { zh: who, en: who } : { text: word }),
    effects,
    undo: placed.length === basket.length ? undone : undefined,
    adds: {
      list: "loans",
      row: {
        borrower: local.who,
        name,
        unit,
        phone,
        due_at: due,
        overdue: false,
        lots: basket.map((line) => line.lot?.id).filter(Boolean),
      },
    },
  });
  if (outcome.state !== "refused") takeOut(basket);
  if (say(outcome, _("Lent."))) go("loans");
}

const lineView = (line) =>
  html`<li class="line">
    <b class="name">${line.lot ? nameOf(line.lot) : line.label}</b>
    ${
      line.lot && line.lot.of?.tracking !== "serial"
        ? stepper(_("How many?"), line.quantity, (value) => amend(line, value), { least: 1 })
        : html`<span>× ${line.quantity}</span>`
    }
  </li>`;

export default {
  title: () => _("Lend"),
  enter: put,
  view() {
    if (!known()) return nobody();
    const lines = inBasket();
    return html`${scanner("lend", scanned)}
      <ul class="basket">
        ${lines.map(lineView)}
      </ul>
      ${lines.length ? nothing : html`<p class="hint">${_("Scan what you lend.")}</p>`}
      ${pick(
        _("To whom?"),
        WHO.map(([key, word]) => [key, _(word)]),
        local.who,
        (key) => ((local.who = key), draw()),
      )}
      ${pick(
        _("For how long?"),
        HOURS.map(([key, word]) => [key, _(word)]),
        local.hours,
        (key) => ((local.hours = key), draw()),
      )}
      ${form(
        local.who === "resident"
          ? field("phone", _("Last four digits of the phone (optional)"), { mode: "numeric", most: 4 })
          : html`${field("name", _("Name"), { required: true })}
            ${field("unit", _("Unit"), { required: local.who === "outside" })}
            ${field("phone", _("Phone"), { type: "tel", required: local.who === "outside", most: 32 })}`,
        lines.length ? _("Lend {count}", { count: lines.length }) : _("Lend"),
        lend,
        { draft: "lend" },
      )}`;
  },
};

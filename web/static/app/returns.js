// What comes back from hands, a loan or a call-out: each thing says where it goes, and goes there in one tap; what is
// dirty, damaged or lost takes one more.
import { book, goesBack } from "./book.js";
import { amountOf, nameOf, placeName, stockAt } from "./gear.js";
import { icon } from "./icons.js";
import { tell } from "./queue.js";
import {
  BROUGHT_BACK,
  N_,
  _,
  draw,
  either,
  hands,
  html,
  listed,
  nothing,
  once,
  pair,
  pick,
  reclaimBadge,
  say,
  stepper,
  way,
} from "./ui.js";

const local = { open: "", state: "ready", quantity: 1 };
export const closeReturns = () => Object.assign(local, { open: "", state: "ready", quantity: 1 });

/** Lines of an entry and effects for what comes back; what is not fit goes where the server puts it aside. */
function backLines(row, { quantity = row.quantity, state = "ready", to = "" } = {}) {
  const known = to ? [{ to, quantity }] : goesBack(row.place, row.lot.id, quantity);
  const parts = state === "ready" ? known : [{ quantity }];
  return parts.map((part) => ({
    line: {
      thing: row.lot.id,
      quantity: String(part.quantity),
      state,
      from: row.place,
      ...(part.to ? { to: part.to } : {}),
    },
    effect: [row.lot.id, row.place, part.to, part.quantity],
  }));
}

// What one's own hands or a call-out gave back can be handed out again; a loan that is over stays over.
function counter(parts, what) {
  if (!parts.every(({ line }) => line.to && ["holder", "incident"].includes(book.place.get(line.from)?.kind)))
    return undefined;
  const reason = _("Undone by the person who booked it"); // what is not ready is not taken without one
  const again = ({ line: { thing, quantity, from, to } }) => ({
    ...{ kind: "issue", lot: thing, quantity, from: to, to: from, reason },
  });
  return {
    entry: { kind: "basket", movements: parts.map(again) },
    what: [N_("Undo: {act}"), { act: what }],
    effects: parts.map(({ effect: [lot, from, to, count] }) => [lot, to, from, count]),
  };
}

/**
 * Bring back so much of these rows.
 * @param {{ place: string, lot: any, quantity: number, held?: string }[]} rows
 * @param {{ quantity?: number, state?: string, to?: string, from?: any, loan?: boolean }} more `from`: who had it, as a
 *   spot to be named
 */
export async function bringBack(rows, { from, loan = false, ...more } = {}) {
  const parts = rows.flatMap((row) => backLines(row, more));
  const quantity = more.quantity ?? rows[0].quantity;
  const what =
    rows.length === 1
      ? [N_("Return {name} × {quantity}"), { name: pair(rows[0].lot.of), quantity }]
      : [N_("Return {count} items"), { count: rows.length }];
  const targets = [...new Set(parts.map(({ line }) => line.to))];
  const effects = parts.map(({ effect }) => effect);
  const outcome = await tell(
    { kind: "give-back", lines: parts.map(({ line }) => line) },
    {
      what,
      where: way(from ?? rows[0].place, targets.length === 1 ? targets[0] : undefined),
      effects,
      sets: rows.filter((row) => row.held).map((row) => ({ lay: "gone", in: "held", id: row.held })),
      undo: loan ? undefined : counter(parts, what),
    },
  );
  const done = say(outcome, _("Returned. Thank you."));
  if (done) closeReturns();
  draw();
  return done;
}

/** Where a row goes back to, named. */
export const backTo = (row, quantity = row.quantity) =>
  listed([...new Set(goesBack(row.place, row.lot.id, quantity).map((part) => placeName(part.to)))].filter(Boolean));

function rowView(row, { from, loan, states, act }) {
  const key = `${row.place} ${row.lot.id}`;
  const open = local.open === key;
  const shelf = row.held ? either(row.depot) : backTo(row);
  return html`<li class="line">
    <div>
      ${
        row.held
          ? html`<b class="name">${nameOf(row.lot)}</b>`
          : html`<a href="#/thing/${row.lot.id}"><b class="name">${nameOf(row.lot)}</b></a>`
      } ${reclaimBadge(row)}
      <span class="soft line">${row.lot.number} ${shelf ? _("back to {place}", { place: shelf }) : ""}</span>
    </div>
    <div class="line-end">
      <b>${amountOf(row.quantity, row.lot)}</b>
      <button @click=${once(() => bringBack([row], { from, loan }))}>${_("Return, OK")}</button>
      <button
        class="quiet"
        aria-expanded=${open}
        aria-label=${_("Not OK, or only part of it")}
        @click=${() => (Object.assign(local, { open: open ? "" : key, state: states[0][0], quantity: row.quantity }), draw())}
      >
        ${_("Other …")}
      </button>
    </div>
    ${
      open
        ? html`<div class="act-form">
            ${
              row.lot.of?.tracking === "serial" || row.held
                ? nothing
                : stepper(_("How many?"), local.quantity, (value) => ((local.quantity = value), draw()), {
                    least: 1,
                    most: row.quantity,
                  })
            }
            ${pick(
              _("In what state?"),
              states.map(([name, word]) => [name, _(word)]),
              local.state,
              (name) => ((local.state = name), draw()),
            )}<button
              class="wide"
              @click=${once(() => (act ?? bringBack)([row], { from, loan, state: local.state, quantity: local.quantity }))}
            >
              ${_("Return")}
            </button>
          </div>`
        : nothing
    }
  </li>`;
}

/**
 * All that a holder has, each with where it goes back to; from two things on, all of it in one tap.
 * @param {string} holder place of hands, a loan or a call-out
 * @param {{ from?: any, loan?: boolean, states?: string[][], act?: Function }} more `states` in which it may come back,
 *   and what is done instead where one of them is no return
 */
export function heldView(holder, more = {}) {
  return rowsView(stockAt(holder), more);
}

/**
 * The same of rows that may be of several places.
 * @param {any[]} rows
 * @param {{ from?: any, loan?: boolean, states?: any[][], act?: any }} more as above
 */
export function rowsView(rows, { from = hands, loan = false, states = BROUGHT_BACK, act } = {}) {
  return html`${
    rows.length > 1
      ? html`<button class="wide" @click=${once(() => bringBack(rows, { from, loan }))}>
          ${icon("back")} ${_("Return all, OK ({count})", { count: rows.length })}
        </button>`
      : nothing
  }
    <ul class="basket">
      ${rows.map((row) => rowView(row, { from, loan, states, act }))}
    </ul>`;
}

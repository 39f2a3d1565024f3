// What is out on loan, the overdue first; it comes back by scan or by tap.
import { amountOf, lists, nameOf, stockAt } from "../book.js";
import { tell } from "../queue.js";
import { BROUGHT_BACK, N_, _, draw, html, known, moment, nobody, nothing, once, pair, pick, reclaimBadge, say, way } from "../ui.js";

const local = { open: "", state: "ready" };

async function back(loan, row) {
  const line = { thing: row.lot.id, quantity: String(row.quantity), state: local.state, from: loan.id };
  const outcome = await tell(
    { kind: "give-back", lines: [line] },
    {
      what: [N_("Bring back {name} × {quantity}"), { name: pair(row.lot.of), quantity: row.quantity }],
      where: way(
        pair({ zh: [loan.unit, loan.name].join(" "), en: [loan.unit, loan.name].join(" ") }),
        local.state === "ready" ? row.lot.home : undefined,
      ),
      effects: [[row.lot.id, loan.id, local.state === "ready" ? row.lot.home : undefined, row.quantity]],
    },
  );
  if (say(outcome, _("Brought back. Thank you."))) Object.assign(local, { open: "", state: "ready" });
  draw();
}

function line(loan, row) {
  const key = `${loan.id} ${row.lot.id}`;
  return html`<li class="line">
    <div><b class="name">${nameOf(row.lot)}</b> <span class="soft">${row.lot.number}</span> ${reclaimBadge(row)}</div>
    <div class="line-end">
      <b>${amountOf(row.quantity, row.lot)}</b>
      <button
        class="quiet"
        aria-expanded=${local.open === key}
        @click=${() => ((local.open = local.open === key ? "" : key), draw())}
      >
        ${_("Bring it back")}
      </button>
    </div>
    ${
      local.open === key
        ? html`<div class="act-form">
            ${pick(
              _("In what state?"),
              BROUGHT_BACK.map(([name, word]) => [name, _(word)]),
              local.state,
              (name) => ((local.state = name), draw()),
            )}<button class="wide" @click=${once(() => back(loan, row))}>${_("Bring back")}</button>
          </div>`
        : nothing
    }
  </li>`;
}

const card = (loan) =>
  html`<section class="card">
    <p>
      ${loan.overdue ? html`<span class="badge bad">◷ ${_("overdue")}</span> ` : nothing}<b
        >${[loan.unit, loan.name].filter(Boolean).join(" ") || _("a resident")}</b
      >
      ${loan.phone ? (loan.phone.length > 4
        ? html`<a href="tel:${loan.phone}">${loan.phone}</a>`
        : html`<span class="soft">****${loan.phone}</span>`) : nothing}
      <span class="soft line"
        >${_("due")} ${moment(loan.due_at)} ${loan.waiting ? `· ${_("waiting to be sent")}` : ""}</span
      >
    </p>
    <ul class="basket">
      ${stockAt(loan.id).map((row) => line(loan, row))}
    </ul>
  </section>`;

export default {
  title: () => _("Loans"),
  enter: () => Object.assign(local, { open: "", state: "ready" }),
  view() {
    if (!known()) return nobody();
    const loans = lists("loans").filter((loan) => stockAt(loan.id).length);
    return html`<p class="ways">
        <a class="button wide" href="#/lend">⇥ ${_("Lend")}</a
        ><a class="button quiet wide" href="#/scan/back">▣ ${_("Scan what comes back")}</a>
      </p>
      ${loans.map(card)}${loans.length ? nothing : html`<p class="notice good">${_("Nothing is out on loan.")}</p>`}`;
  },
};

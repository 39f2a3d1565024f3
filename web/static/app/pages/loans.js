// What is out on loan, the overdue first; it comes back by scan or by tap.
import { lists, stockAt } from "../gear.js";
import { icon } from "../icons.js";
import { closeReturns, heldView } from "../returns.js";
import { N_, _, html, known, moment, nobody, nothing } from "../ui.js";

const who = (loan) => {
  const name = [loan.unit, loan.name].filter(Boolean).join(" ");
  return name ? { zh: name, en: name } : { text: N_("a resident") };
};

const card = (loan) =>
  html`<section class="card">
    <p>
      ${loan.overdue ? html`<span class="badge bad">${icon("late")} ${_("overdue")}</span> ` : nothing}<b
        >${[loan.unit, loan.name].filter(Boolean).join(" ") || _("a resident")}</b
      >
      ${
        loan.phone
          ? loan.phone.length > 4
            ? html`<a href="tel:${loan.phone}">${loan.phone}</a>`
            : html`<span class="soft">****${loan.phone}</span>`
          : nothing
      }
      <span class="soft line"
        >${_("due")} ${moment(loan.due_at)} ${loan.waiting ? `· ${_("waiting to be sent")}` : ""}</span
      >
    </p>
    ${heldView(loan.id, { from: who(loan), loan: true })}
  </section>`;

export default {
  title: () => _("Loans"),
  enter: closeReturns,
  view() {
    if (!known()) return nobody();
    const loans = lists("loans").filter((loan) => stockAt(loan.id).length);
    return html`<p class="ways">
        <a class="button wide" href="#/lend">${icon("lend")} ${_("Lend")}</a
        ><a class="button quiet wide" href="#/scan/back">${icon("scan")} ${_("Scan returned items")}</a>
      </p>
      ${loans.map(card)}${loans.length ? nothing : html`<p class="notice good">${_("Nothing is out on loan.")}</p>`}`;
  },
};

// What I have in my hands, and what call-outs and borrowers have: each with where it goes back to.
import { book } from "../book.js";
import { heldElsewhere, lists, mine, stockAt } from "../gear.js";
import { icon } from "../icons.js";
import { closeReturns, heldView, rowsView } from "../returns.js";
import { _, either, html, known, nobody, nothing, pair } from "../ui.js";

export const inHands = () => (mine() ? stockAt(mine().id) : []);

const callOut = (one) =>
  html`<section class="card">
    <p>${icon("callout")} <a href="#/incident/${one.id}">${one.place}</a></p>
    ${heldView(one.id, { from: pair({ zh: one.place, en: one.place }) })}
  </section>`;

export default {
  title: () => _("In my hands"),
  enter: closeReturns,
  view() {
    if (!known()) return nobody();
    const rows = inHands();
    const elsewhere = heldElsewhere();
    const calls = lists("incidents").filter((one) => stockAt(one.id).length);
    const lent = lists("loans").filter((one) => stockAt(one.id).length).length;
    return html`<p class="soft">${either(book.shelves.depot)}</p>
      ${
        rows.length
          ? heldView(mine().id)
          : html`<p class="notice good">${_("You have nothing of this depot in your hands.")}</p>`
      }
      ${elsewhere.length ? html`<h2>${_("Of other depots")}</h2>${rowsView(elsewhere)}` : nothing}
      ${calls.length ? html`<h2>${_("Out for call-outs")}</h2>${calls.map(callOut)}` : nothing}
      ${
        lent
          ? html`<h2>${_("Out on loan")}</h2>
            <p><a class="button quiet wide" href="#/loans">${_("{count} loans open", { count: lent })}</a></p>`
          : nothing
      }`;
  },
};

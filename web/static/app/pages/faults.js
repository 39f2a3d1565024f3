// Open faults of my depot, and closing them.
import { book, lists, may } from "../book.js";
import { tell } from "../queue.js";
import { N_, _, either, field, form, html, known, moment, nobody, nothing, pair, say } from "../ui.js";

const mend =
  (fault) =>
  async ({ note }) =>
    say(
      await tell(
        { kind: "mended", defect: fault.id, note },
        {
          what: [N_("Fault closed: {name}"), { name: pair(fault) }],
          sets: [{ lay: "gone", in: "faults", id: fault.id }],
        },
      ),
      _("Closed. It counts as ready again."),
    );

const card = (fault) =>
  html`<section class="card">
    <p>
      <b>${either(fault) || _("Reported by a passer-by")}</b>
      ${
        fault.reported
          ? html`<span class="badge warn">${_("reported")}</span>`
          : html`<span class="badge bad">${_("open")}</span>`
      }
      <span class="soft line">${moment(fault.at)}</span>${fault.description}
    </p>
    ${
      fault.lot && book.lot.has(fault.lot) ? html`<p><a href="#/thing/${fault.lot}">${_("Open item")}</a></p>` : nothing
    }
    ${may("keep") ? form(field("note", _("What was done?"), { required: true, most: 500 }), _("Close the fault"), mend(fault), { quiet: true, draft: `mended ${fault.id}` }) : nothing}
  </section>`;

export default {
  title: () => _("Faults"),
  view() {
    if (!known()) return nobody();
    return html`${lists("faults").map(card)}${lists("faults").length ? nothing : html`<p class="notice good">${_("No fault is open.")}</p>`}`;
  },
};

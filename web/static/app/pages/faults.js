// Open faults of my depot, reporting one, and closing them.
import { book, may } from "../book.js";
import { read } from "../codes.js";
import { lists, placeName, stockOf } from "../gear.js";
import { icon } from "../icons.js";
import { tell } from "../queue.js";
import { scanner } from "../scanner.js";
import { N_, _, either, field, form, go, html, known, moment, nobody, nothing, pair, say, toast } from "../ui.js";

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

// A fault is of one thing: its label is scanned, or it is looked up by its name.
function scanned(text) {
  const lot = book.lot.get(read(text).id);
  if (lot) go(`thing/${lot.id}/fault`);
  else toast(_("This is not known at this depot."), "warn");
  return Boolean(lot);
}

const reporting = () =>
  html`<p>${_("Scan the label of the faulty item, or look it up by name.")}</p>
    ${scanner("fault", scanned)}
    <p><a class="button quiet wide" href="#/find">${icon("search")} ${_("Find")}</a></p>`;

const where = ({ lot }) =>
  html`<span class="soft">${book.lot.get(lot)?.number}</span
    ><span class="soft line">${placeName(stockOf(lot)[0]?.place)}</span>`;

const card = (fault) =>
  html`<section class="card">
    <p>
      <b>${either(fault) || _("Reported by a passer-by")}</b>
      ${
        fault.reported
          ? html`<span class="badge warn">${_("reported")}</span>`
          : html`<span class="badge bad">${_("not repaired")}</span>`
      }
      ${fault.lot && book.lot.has(fault.lot) ? where(fault) : nothing}
      <span class="soft line">${moment(fault.at)}</span>${fault.description}
    </p>
    ${
      fault.lot && book.lot.has(fault.lot) ? html`<p><a href="#/thing/${fault.lot}">${_("Open item")}</a></p>` : nothing
    }
    ${may("keep") ? form(field("note", _("What was done?"), { required: true, most: 500 }), _("Repaired: ready for use again"), mend(fault), { quiet: true, draft: `mended ${fault.id}` }) : nothing}
  </section>`;

export default {
  title: (step) => (step === "new" ? _("Report a fault") : _("Faults")),
  view(step) {
    if (!known()) return nobody();
    if (step === "new") return reporting();
    return html`<p><a class="button wide" href="#/faults/new">${icon("fault")} ${_("Report a fault")}</a></p>
      ${lists("faults").map(card)}${lists("faults").length ? nothing : html`<p class="notice good">${_("No fault is open.")}</p>`}`;
  },
};

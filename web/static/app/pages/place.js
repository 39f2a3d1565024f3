// One shelf: what stands on it.
import { book, may } from "../book.js";
import { carrierRow } from "../carriers.js";
import { dueRows } from "../due.js";
import { placeName, stockAt } from "../gear.js";
import { icon } from "../icons.js";
import { nfcButton } from "../nfc.js";
import { _, either, html, known, nobody, nothing, thingRow } from "../ui.js";

export default {
  title: (id) => placeName(id) || _("Place"),
  view(id) {
    if (!known()) return nobody();
    const inner = book.shelves.places.filter((row) => row.parent === id);
    const rows = stockAt(id);
    const due = dueRows(id).length;
    return html`${
      may("keep")
        ? html`<p class="ways">
            <a class="button quiet" href="#/counts/${id}">${icon("count")} ${_("Count this place")}</a
            ><a class="button quiet" href="#/receive/${id}">${icon("receive")} ${_("Receive here")}</a
            ><a class="button quiet" href="#/scan/move/${id}">${icon("transfer")} ${_("Put here")}</a>
          </p>`
        : nothing
    }
      ${
        due
          ? html`<p><a class="button quiet wide" href="#/checks/${id}">${icon("todo")} ${_("Checks due")}: ${due}</a></p>`
          : nothing
      }
      <ul class="list">
        ${inner.map((row) =>
          ["kit", "vehicle"].includes(row.kind)
            ? carrierRow(row)
            : html`<li>
                <a href="#/place/${row.id}"><span>${either(row)}</span><span aria-hidden="true">›</span></a>
              </li>`,
        )}
        ${rows.map((row) => thingRow(row, { placed: false }))}
      </ul>
      ${rows.length || inner.length ? "" : html`<p class="notice">${_("This place is empty.")}</p>`}
      ${nfcButton(id, placeName(id), { explains: true })}`;
  },
};

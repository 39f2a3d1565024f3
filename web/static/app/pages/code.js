// What a label's QR opens when the server cannot be reached: the page of that thing, from what the phone has.
import { book } from "../book.js";
import { read } from "../codes.js";
import { _, html, known, nobody } from "../ui.js";

function pageOf({ kind, id = "" }) {
  if (kind === "place") return `place/${id}`;
  return kind === "lot" ? `${book.lot.get(id).of?.holds ? "kit" : "thing"}/${id}` : "";
}

export default {
  title: () => _("Label"),
  view(code = "") {
    if (!known()) return nobody();
    const page = pageOf(read(code));
    if (page) location.replace(`#/${page}`);
    return html`<p class="notice warn"><code>${code}</code> ${_("This is not known at this depot.")}</p>
      <p><a class="button quiet wide" href="/q/${encodeURIComponent(code)}">${_("Look it up online")}</a></p>`;
  },
};

// Kits and vehicles in lists and titles: the own name with its number first, then where it stands. Ten first-aid kits
// of one depot differ in nothing but the number.
import { book } from "./book.js";
import { placeName } from "./gear.js";
import { either, html, nothing } from "./ui.js";

const BETWEEN = " › "; // the names of a path, as the server joins them

/** The own name of a kit or vehicle, with that of its item where it does not say it. */
export function carrierName(id) {
  const own = placeName(id).split(BETWEEN).at(-1) ?? "";
  const item = either(book.lot.get(id)?.of);
  return !item || own.includes(item) ? own : `${item} ${own}`.trim();
}

export const carrierRow = ({ id }) => {
  const around = placeName(id).split(BETWEEN).slice(0, -1).join(BETWEEN);
  return html`<li>
    <a href="#/kit/${id}"
      ><span><b class="name">${carrierName(id)}</b>${around ? html`<span class="soft line">${around}</span>` : nothing}</span
      ><span aria-hidden="true">›</span></a
    >
  </li>`;
};

// Search in my depot's stock, kept on the phone.
import { book, stockAt } from "../book.js";
import { _, draw, either, go, html, known, nobody, nothing, thingRow } from "../ui.js";

const MOST = 60;
let words = "";

function found() {
  const wanted = words.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const rows = book.shelves.places.flatMap((place) => stockAt(place.id));
  if (!wanted.length) return rows;
  return rows.filter(({ lot, place }) => {
    const text = [lot.of?.zh, lot.of?.en, lot.item, lot.number, either(book.place.get(place))].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export default {
  title: () => _("Find"),
  enter: (text) => (words = text ? decodeURIComponent(text) : words),
  view() {
    if (!known()) return nobody();
    const rows = found();
    return html`<form role="search" @submit=${(event) => (event.preventDefault(), rows.length === 1 && go(`thing/${rows[0].lot.id}`))}>
        <label for="words">${_("Name, number or place")}</label>
        <input id="words" type="search" .value=${words} @input=${(event) => ((words = event.target.value), draw())} autocomplete="off"></form>
      <p class="soft" role="status">${_("{count} found", { count: rows.length })}</p>
      <ul class="list">${rows.slice(0, MOST).map((row) => thingRow(row))}</ul>
      ${rows.length > MOST ? html`<p class="hint">${_("Only the first {count} are shown; type more.", { count: MOST })}</p>` : nothing}
      <h2>${_("Places")}</h2>
      <ul class="list">${book.shelves.places
        .filter((row) => !["holder", "incident", "transit"].includes(row.kind))
        .map((row) => html`<li><a href="#/${["kit", "vehicle"].includes(row.kind) ? "kit" : "place"}/${row.id}"><span>${either(row)}</span><span aria-hidden="true">›</span></a></li>`)}</ul>`;
  },
};

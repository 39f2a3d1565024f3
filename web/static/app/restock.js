// What a call-out used up is put back: from a shelf here, from another depot, or with what is delivered. Each is a
// booking; what lies there in plenty is noted as such.
import { STORAGE, fromServer, may } from "./book.js";
import { placeName, stockAt, storage } from "./gear.js";
import { icon } from "./icons.js";
import { tell } from "./queue.js";
import { N_, _, either, html, listed, nothing, once, pair, say, way } from "./ui.js";

const FROM = 2; // places that are offered

// Shelves with something fit of an item, what ends first before the others; a kit's content stays in the kit.
const sources = ({ item, place: belongs }) =>
  storage()
    .filter(
      (place) =>
        place.id !== belongs && place.reach && !["kit", "vehicle"].includes(place.kind) && STORAGE.includes(place.kind),
    )
    .flatMap((place) => stockAt(place.id))
    .filter((row) => row.lot.item === item && row.lot.condition === "fit")
    .sort((one, other) => (one.lot.through ?? "9").localeCompare(other.lot.through ?? "9"))
    .slice(0, FROM);

async function put(incident, need, more, effects, from) {
  const quantity = more.quantity ?? need.left;
  const left = String(Math.max(0, Number(need.left) - Number(quantity)));
  const lines = incident.restock.map((one) => (one.item === need.item ? { ...one, left } : one));
  const outcome = await tell(
    { kind: "restock", incident: incident.id, item: need.item, quantity, ...more },
    {
      what: [N_("Restocked: {name} × {quantity}"), { name: pair(need), quantity }],
      where: from ? way(from, need.place ?? undefined) : undefined,
      effects,
      sets: [{ lay: "row", in: "incidents", id: incident.id, set: { restock: lines } }],
    },
  );
  say(outcome, from ? _("Put back.") : _("Noted."));
}

const fromShelf = (incident, need) => (row) => {
  const quantity = Math.min(row.quantity, Number(need.left));
  const book1 = () =>
    put(
      incident,
      need,
      { thing: row.lot.id, from: row.place, quantity: String(quantity) },
      [[row.lot.id, row.place, need.place, quantity]],
      row.place,
    );
  return html`<button class="quiet" @click=${once(book1)}>
    ${_("{count} from {place}", { count: quantity, place: placeName(row.place) })}
  </button>`;
};

// What is asked of another depot or received now is for this call-out.
const wanted = (incident, need) => () =>
  sessionStorage.setItem("restock", JSON.stringify({ incident: incident.id, item: need.item, quantity: need.left }));

/** For which call-out an item is asked or received, if for one. */
export function restocks(item) {
  const found = JSON.parse(sessionStorage.getItem("restock") ?? "null");
  const open = fromServer("incidents").some((one) => one.id === found?.incident);
  return found?.item === item && open ? found : undefined;
}

const needView = (incident) => (need) =>
  html`<li class="line">
    <div>
      <b class="name">${either(need)}</b
      ><span class="soft line"
        >${listed([_("used up or lost: {count}", { count: need.used }), _("still to put back: {count}", { count: need.left }), placeName(need.place)].filter(Boolean))}</span
      >
    </div>
    ${
      Number(need.left) > 0 && may("keep")
        ? html`<div class="acts-row">
          ${sources(need).map(fromShelf(incident, need))}
          <a class="button quiet" href="#/receive//${need.item}" @click=${wanted(incident, need)}>${icon("receive")} ${_("Receive")}</a>
          <a
            class="button quiet"
            href="#/find/${encodeURIComponent(either(need))}"
            @click=${wanted(incident, need)}
            >${icon("transfer")} ${_("From another depot")}</a
          >
          <button class="plain" @click=${once(() => put(incident, need, { note: _("enough on the shelf") }, []))}>
            ${_("Enough on the shelf")}
          </button>
        </div>`
        : html`<span class="badge good">✓</span>`
    }
  </li>`;

export const restockView = (incident) =>
  incident.restock?.length
    ? html`<h2>${_("Restock list")}</h2>
        ${
          incident.restock_by
            ? html`<p class="notice warn">${_("To be restocked by {day}", { day: incident.restock_by })}</p>`
            : nothing
        }
        <ul class="basket">
          ${incident.restock.map(needView(incident))}
        </ul>`
    : nothing;

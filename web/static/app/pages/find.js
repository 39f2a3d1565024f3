// Search in my depot's stock, kept on the phone; with a signal also who else has it, the nearest first.
import { book, code, may } from "../book.js";
import { stockAt } from "../gear.js";
import { icon } from "../icons.js";
import { ask, newId, session } from "../net.js";
import { tell } from "../queue.js";
import { restocks } from "../restock.js";
import { zh } from "../texts.js";
import { N_, _, draw, either, go, html, known, moment, nobody, nothing, once, say, thingRow, toast } from "../ui.js";

const MOST = 60;
const PAUSE = 350; // milliseconds after the last letter
let words = "";
let others = { asked: "", rows: [], state: "" };
let place; // "lat,lon", once its owner has allowed it
let timer;

function found() {
  const wanted = words.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const rows = book.shelves.places.flatMap((row) => stockAt(row.id));
  if (!wanted.length) return rows;
  return rows.filter(({ lot, place: at }) => {
    const text = [lot.of?.zh, lot.of?.en, lot.of?.words, lot.item, lot.number, either(book.place.get(at))]
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

function typed(text) {
  words = text;
  others = { asked: "", rows: [], state: words.trim() ? _("Searching…") : "" }; // nothing of the words before
  clearTimeout(timer);
  timer = setTimeout(askOthers, PAUSE);
  draw();
}

async function askOthers() {
  const asked = words.trim();
  if (!asked || !session.me || !code) return void ((others = { asked: "", rows: [], state: "" }), draw());
  const from = place ? `near=${place}` : `from_depot=${encodeURIComponent(code)}`;
  const answer = await ask("GET", `/api/find?q=${encodeURIComponent(asked.slice(0, 100))}&${from}&limit=8`);
  if (asked !== words.trim()) return; // typed on meanwhile
  const why = answer.offline ? _("No signal: only this depot is searched.") : (answer.body?.detail ?? "");
  others = { asked, rows: answer.ok ? answer.body.items : [], state: answer.ok ? "told" : why };
  draw();
}

function locate() {
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      place = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`;
      askOthers();
    },
    () => toast(_("Location unavailable; searched from the depot."), "warn"),
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  );
}

async function reserve(row) {
  row.id ??= newId(); // tapped again after a lost answer, it is put aside once
  const answer = await ask("POST", "/api/reservations", {
    id: row.id,
    depot: row.depot,
    item: row.item,
    quantity: "1",
  });
  if (answer.ok) toast(_("Reserved for you until {when}.", { when: moment(answer.body.until) }));
  else
    toast(
      answer.offline ? _("No signal: nothing was reserved.") : (answer.body?.detail ?? _("The server refused this.")),
      "bad",
      10,
    );
  await askOthers();
}

async function request(row) {
  const restock = restocks(row.item);
  const quantity = restock?.quantity ?? "1";
  const outcome = await tell(
    {
      ...{ kind: "ask-transfer", giver: row.depot, receiver: code, lines: [{ item: row.item, quantity }] },
      ...(restock ? { incident: restock.incident } : {}),
    },
    {
      what: [N_("Transfer asked for: {name} × {quantity}"), { name: { zh: row.item_zh, en: row.item_en }, quantity }],
    },
  );
  say(outcome, _("Asked for."));
}

// What my own depot has: its page is on the phone, there it is taken.
const mineRow = (row) =>
  row.depot === code && book.rows.find((one) => one.lot.item === row.item && book.place.get(one.place)?.reach);

const offer = (row) =>
  html`<li class="offer">
    <span
      ><b class="name">${either(row, "depot_")}</b>
      <span class="soft"
        >${row.minutes === null ? "" : `${Math.round(row.minutes)} ${_("min")} · ${(row.distance_m / 1000).toFixed(1)} km`}</span
      >
      <span class="line"
        >${
          mineRow(row)
            ? html`<a href="#/thing/${mineRow(row).lot.id}">${either(row, "item_")} ›</a>`
            : either(row, "item_")
        }
        <span class="badge good">${_("{count} ready", { count: row.ready })} ${either(row, "unit_")}</span></span
      >
      <span class="soft line">${row.places.map((one) => either(one, "path_")).join(zh() ? "；" : "; ")}</span></span
    >
    <span class="ways"
      ><a class="button" href="tel:${row.phone}">${icon("phone")} ${row.phone}</a>
      ${may("take") ? html`<button class="quiet" @click=${once(() => reserve(row))}>${_("Reserve")}</button>` : nothing}
      ${
        may("keep") && row.depot !== code
          ? html`<button class="quiet" @click=${once(() => request(row))}>${_("Ask for a transfer")}</button>`
          : nothing
      }</span
    >
  </li>`;

const elsewhere = () =>
  html`<h2>${_("Who has it, ready now?")}</h2>
    <p class="ways">
      <button class="quiet" @click=${locate}>${place ? _("Near me") : _("Search near me")}</button>
    </p>
    <p class="soft" role="status">
      ${others.state === "told" ? _("{count} offers, the nearest first", { count: others.rows.length }) : others.state}
    </p>
    <ul class="list">
      ${others.rows.map(offer)}
    </ul>`;

export default {
  title: () => _("Find"),
  enter(text) {
    if (text) words = decodeURIComponent(text);
    askOthers();
  },
  view() {
    if (!known()) return nobody();
    const rows = found();
    return html`<form
        role="search"
        @submit=${(event) => (event.preventDefault(), rows.length === 1 ? go(`thing/${rows[0].lot.id}`) : askOthers())}
      >
        <label for="words">${_("Name, number or place")}</label>
        <input
          id="words"
          type="search"
          .value=${words}
          @input=${(event) => typed(event.target.value)}
          autocomplete="off"
        />
      </form>
      <p class="soft" role="status">${_("In this depot: {count}", { count: rows.length })}</p>
      <ul class="list">
        ${rows.slice(0, MOST).map((row) => thingRow(row))}
      </ul>
      ${
        rows.length > MOST
          ? html`<p class="hint">${_("Only the first {count} are shown; type more.", { count: MOST })}</p>`
          : nothing
      }
      ${words.trim() ? elsewhere() : nothing}
      <h2>${_("Places")}</h2>
      <ul class="list">
        ${book.shelves.places
          .filter((row) => !["holder", "incident", "transit"].includes(row.kind))
          .map(
            (row) =>
              html`<li>
                <a href="#/${["kit", "vehicle"].includes(row.kind) ? "kit" : "place"}/${row.id}"
                  ><span>${either(row)}</span><span aria-hidden="true">›</span></a
                >
              </li>`,
          )}
      </ul>`;
  },
};

// The first page: what must be done, the most dangerous first, and the ways to do the rest. Who only fetches and brings
// back begins with what they need.
import { book, code, fromActs, may } from "../book.js";
import { days } from "../days.js";
import { heldElsewhere, stockAt, storage } from "../gear.js";
import { nearest } from "../here.js";
import { icon } from "../icons.js";
import { ask } from "../net.js";
import { asDepot, choose } from "../renewal.js";
import {
  _,
  draw,
  either,
  endsText,
  go,
  html,
  known,
  labelled,
  moment,
  nobody,
  nothing,
  once,
  renewNow,
  toast,
} from "../ui.js";
import { inHands } from "./hands.js";

const SHOWN = 3; // of a kind, before it is unfolded
const FOUND = 8; // depots that a search shows
const MANY = 20; // depots: more are searched, not listed
const SIGNS = { bad: "✗", warn: "!", "": "·" };
const local = { unfolded: new Set(), choosing: false, words: "", found: [] };

// What the phone has begun and the server does not know yet goes before the server's list.
function tasks() {
  const begun = fromActs("incidents")
    .filter((one) => !one.closed)
    .map((one) => ({
      ...{ kind: "incident", severity: "bad", to: `incident/${one.id}`, at: one.opened_at },
      ...{ word_zh: _("call-out open"), word_en: _("call-out open"), zh: one.place, en: one.place },
    }));
  const all = [...begun, ...book.todo];
  return [...new Set(all.map((one) => one.kind))].map((kind) => all.filter((one) => one.kind === kind));
}

const ENDS = ["expired", "expiring"];
const dueText = ({ kind, due, at }) =>
  due ? (ENDS.includes(kind) ? endsText(due) : _("by {day}", { day: due })) : at ? moment(at) : "";

const row = (one, alone) =>
  html`<li>
    <a class="task ${one.severity}" href=${one.to.startsWith("/") ? one.to : `#/${one.to}`}
      ><span class="sign" aria-hidden="true">${SIGNS[one.severity]}</span
      ><span
        >${alone ? labelled(either(one, "word_"), either(one)) : either(one) || either(one, "word_")}<span
          class="soft line"
          >${days([either(one, "note_"), dueText(one)].filter(Boolean).join(" · "))}</span
        ></span
      ><span aria-hidden="true">›</span></a
    >
  </li>`;

// A kind of many is a heading and its first lines; the rest unfolds in its place.
function group(all) {
  const [{ kind, severity }] = all;
  if (all.length === 1) return row(all[0], true);
  const open = local.unfolded.has(kind);
  const word = either(all[0], "word_");
  const shown = open || all.length <= SHOWN ? all : all.slice(0, SHOWN - 1);
  const turn = () => (open ? local.unfolded.delete(kind) : local.unfolded.add(kind), draw());
  return html`<li class="kind">
      <b class=${severity === "bad" ? "short" : ""}>${word}</b> <span class="badge ${severity}">${all.length}</span>
    </li>
    ${shown.map((one) => row(one, false))}
    ${
      all.length > SHOWN
        ? html`<li>
          <button class="quiet wide" aria-expanded=${open} @click=${turn}>
            ${open ? _("Show fewer") : _("{count} more: {what}", { count: all.length - shown.length, what: word })}
          </button>
        </li>`
        : nothing
    }`;
}

async function change(wanted) {
  Object.assign(local, { choosing: false, words: "", found: [], unfolded: new Set() });
  await choose(wanted);
  draw();
  renewNow();
}

async function search(words) {
  local.words = words;
  const own = book.depots.filter((one) =>
    `${one.code} ${one.zh} ${one.en}`.toLowerCase().includes(words.trim().toLowerCase()),
  );
  local.found = own.slice(0, FOUND);
  draw();
  if (!words.trim()) return;
  const answer = await ask("GET", `/api/depots?q=${encodeURIComponent(words.trim())}&limit=${FOUND}`);
  if (!answer.ok || local.words !== words) return;
  local.found = answer.body.items.filter((one) => one.status === "open").map(asDepot);
  draw();
}

// A few depots are a list; of many one is found by its name, code or address, also beyond those that the phone keeps.
function chooser() {
  if (book.depots.length < 2) return nothing;
  if (book.depots.length <= MANY)
    return html`<label class="visually-hidden" for="depot">${_("Depot")}</label
      ><select id="depot" @change=${(event) => change(event.target.value)}>
        ${book.depots.map((one) => html`<option value=${one.code} .selected=${one.code === code}>${either(one)}</option>`)}
      </select>`;
  if (!local.choosing)
    return html`<button class="quiet wide" @click=${() => ((local.choosing = true), search(""))}>
      ${icon("change")} ${_("Another depot")}
    </button>`;
  return html`<label for="depot-words">${_("Depot: name, code or address")}</label>
    <input
      id="depot-words"
      type="search"
      autocomplete="off"
      .value=${local.words}
      @input=${(event) => search(event.target.value)}
    />
    <ul class="list">
      ${local.found.map(
        (one) =>
          html`<li>
            <button class="plain row-button" @click=${() => change(one.code)}>
              <span>${either(one)}</span> <span class="soft">${one.code}</span>
            </button>
          </li>`,
      )}
    </ul>`;
}

function held() {
  const count = inHands().length + heldElsewhere().length;
  return count
    ? html`<p><a class="button quiet wide" href="#/hands">${icon("hand")} ${_("In my hands: {count}, return", { count })}</a></p>`
    : nothing;
}

const tile = (to, sign, word) =>
  html`<a class="tile" href="#/${to}"><span aria-hidden="true">${icon(sign)}</span>${word}</a>`;

const list = (groups) =>
  html`<ul class="tasks">
    ${groups.map(group)}
  </ul>`;

const keeperView = () =>
  html`${chooser()}
    <a class="button wide scan-now" href="#/scan">${icon("scan")} ${_("Scan")}</a>
    <div class="tiles">
      ${tile("incident/new", "callout", _("Call-out"))} ${tile("loans", "lend", _("Loans"))}
      ${tile("faults/new", "fault", _("Fault"))} ${tile("receive", "receive", _("Receive"))}
      ${tile("transfers", "transfer", _("Transfers"))} ${tile("handover", "change", _("Handover"))}
    </div>
    ${held()}
    <h2>${_("Today")}</h2>
    ${
      book.todo.length || fromActs("incidents").length
        ? list(tasks())
        : html`<p class="notice good">${_("Nothing to do.")}</p>`
    }`;

async function toNearest() {
  const found = await nearest();
  if (found) await change(found);
  else toast(_("Location unavailable; searched from the depot."), "warn");
}

// Who comes to fetch something: what they need, nearest first; no list of a keeper's duties.
const fetcherView = () =>
  html`${chooser()}
    <form
      role="search"
      class="need"
      @submit=${(event) => (event.preventDefault(), go(`find/${encodeURIComponent(event.target.words.value)}`))}
    >
      <label for="need"><b>${_("What do you need?")}</b></label>
      <input id="need" name="words" type="search" autocomplete="off" required />
      <button class="wide">${icon("search")} ${_("Find the nearest")}</button>
    </form>
    <p>
      <button class="quiet wide" @click=${once(toNearest)}>${icon("here")} ${_("The depot nearest to me")}</button>
    </p>
    ${tasks().length ? list(tasks()) : nothing} ${held()}
    <a class="button wide scan-now" href="#/scan">${icon("scan")} ${_("Scan")}</a>
    ${
      may("take")
        ? html`<p><a class="button quiet wide" href="#/incident/new">${icon("callout")} ${_("Call-out")}</a></p>`
        : nothing
    }
    <h2>${_("Here, at {depot}", { depot: either(book.shelves.depot) })}</h2>
    <ul class="list">
      ${storage()
        .filter((one) => stockAt(one.id).length)
        .map(
          (one) =>
            html`<li>
              <a href="#/${["kit", "vehicle"].includes(one.kind) ? "kit" : "place"}/${one.id}"
                ><span>${either(one)}</span
                ><span class="soft">${_("{count} lines", { count: stockAt(one.id).length })} ›</span></a
              >
            </li>`,
        )}
    </ul>`;

export default {
  title: () => either(book.shelves.depot) || _("To do"),
  view() {
    if (!known()) return nobody();
    return may("keep") ? keeperView() : fetcherView();
  },
};

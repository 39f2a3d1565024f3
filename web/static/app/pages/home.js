// Today's list of my depot: what must be done first, then the ways to do the rest.
import { asDepot, book, choose, code, kit, lists, nameOf, storage } from "../book.js";
import { ask, now } from "../net.js";
import { _, draw, either, html, known, labelled, listed, moment, nobody, nothing, renewNow } from "../ui.js";
import { inHands } from "./hands.js";
const SHOWN = 8; // of a kind, before it is unfolded
const MANY = 20; // depots: more are searched, not listed
// The phone's own lists show these, each with where it is done
const HERE = ["defect", "overdue_loan", "incomplete_kit"];
const SIGNS = { bad: 0, warn: 1, "": 2 };
const local = { unfolded: new Set(), choosing: false, words: "", found: [] };

function tasks() {
  const found = [];
  const add = (kind, sign, text, to, soft = "") => found.push({ kind, sign, text, to, soft });
  for (const row of lists("incidents").filter((one) => !one.closed))
    add("bad", "⚠", _("Call-out open: {place}", { place: row.place }), `incident/${row.id}`, moment(row.opened_at));
  for (const row of book.work.hand_outs ?? []) {
    if (row.may_confirm)
      add(
        "bad",
        "☑",
        _("Second person wanted: {who}", { who: row.asked_by }),
        "witness",
        `${either(row)} × ${row.quantity}`,
      );
    if (row.mine)
      add(
        "warn",
        "☑",
        row.agreed ? _("Confirmed: take it now") : _("Waits for a second person"),
        "witness",
        `${either(row)} × ${row.quantity}`,
      );
  }
  for (const row of book.work.transfers) {
    if (row.giving && row.state === "requested")
      add("warn", "⇡", _("Send to {depot}", { depot: either(row, "other_") }), `transfer/${row.id}`, row.reason);
    if (!row.giving && row.state === "sent")
      add(
        "warn",
        "⇣",
        _("Receive from {depot}", { depot: either(row, "other_") }),
        `transfer/${row.id}`,
        _("{count} line(s)", { count: row.on_the_way.length }),
      );
    if (row.giving && row.state === "rejected")
      add("bad", "↩", _("Rejected by {depot}: take it back", { depot: either(row, "other_") }), `transfer/${row.id}`);
  }
  for (const row of lists("loans").filter((one) => one.overdue))
    add(
      "bad",
      "◷",
      _("Loan overdue: {who}", { who: [row.unit, row.name, row.phone].filter(Boolean).join(" ") || _("a resident") }),
      "loans",
      moment(row.due_at),
    );
  for (const row of book.work.counts.filter((one) => one.open && one.purpose === "stocktake"))
    add("warn", "≣", _("Stocktake under way"), `count/${row.id}`, row.note);
  for (const row of book.work.counts.filter((one) => one.open && one.purpose === "keeper"))
    add("warn", "⇄", _("Keeper handover: count together"), `count/${row.id}`, moment(row.opened_at));
  const handover = book.work.counts.findLast((one) => one.purpose === "handover");
  if (handover?.open)
    add("warn", "⇄", handover.given_by ? _("Handover: the coming shift signs") : _("Handover under way"), "handover");
  else if (!handover || now() - Date.parse(handover.opened_at) > 20 * 3_600_000)
    add("warn", "⇄", _("Handover is due"), "handover");
  for (const row of storage().filter((one) => one.kind === "kit")) {
    const seen = kit(row.id);
    if (seen.short.length)
      add(
        "warn",
        "✚",
        _("Kit incomplete: {name}", { name: nameOf(seen.lot ?? { number: either(row), id: row.id }) }),
        `kit/${row.id}`,
        listed(seen.short.slice(0, 3).map((part) => either(part.item))),
      );
    else if (seen.due)
      add(
        "",
        "✚",
        _("Kit check due: {name}", { name: nameOf(seen.lot ?? { number: either(row), id: row.id }) }),
        `kit/${row.id}`,
        either(row),
      );
  }
  for (const row of book.work.proposals)
    add("", "＋", _("New product to decide: {name}", { name: row.name }), "proposals");
  const faults = lists("faults").length;
  if (faults) add("bad", "✗", _("{count} open fault(s)", { count: faults }), "faults");
  addAlerts(add);
  return found.sort((one, other) => SIGNS[one.kind] - SIGNS[other.kind]);
}

// Words, rank and severity come with each alert: a kind that is new on the server shows here too.
function addAlerts(add) {
  const rows = book.alerts.filter((one) => !HERE.includes(one.kind)).sort((one, other) => one.rank - other.rank);
  for (const kind of new Set(rows.map((one) => one.kind))) {
    const all = rows.filter((one) => one.kind === kind);
    const shown = local.unfolded.has(kind) ? all : all.slice(0, SHOWN);
    for (const row of shown) {
      const soft = row.due ?? (row.details.minimum ? `${row.details.ready}/${row.details.minimum}` : "");
      add(
        severe(row),
        "!",
        labelled(either(row, "word_"), either(row, "name_") || either(row, "note_")),
        target(row),
        soft,
      );
    }
    const what = either(all[0], "word_");
    if (shown.length < all.length)
      add(severe(all[0]), "…", _("{count} more: {what}", { count: all.length - shown.length, what }), () =>
        local.unfolded.add(kind),
      );
  }
}

const severe = (row) => (row.severity === "notice" ? "warn" : "bad");

function target(row) {
  if (row.details.recall) return `/recalls/${row.details.recall}`;
  if (row.lot && book.lot.has(row.lot)) return `thing/${row.lot}`;
  return row.item ? `find/${encodeURIComponent(either(row, "name_"))}` : "/alerts";
}

const inside = (one) =>
  html`<span class="sign" aria-hidden="true">${one.sign}</span
    ><span>${one.text}<span class="soft line">${one.soft}</span></span
    ><span aria-hidden="true">›</span>`;
const row = (one) =>
  typeof one.to === "function"
    ? html`<li>
        <button class="task plain wide ${one.kind}" @click=${() => (one.to(), draw())}>${inside(one)}</button>
      </li>`
    : html`<li>
        <a class="task ${one.kind}" href=${one.to.startsWith("/") ? one.to : `#/${one.to}`}>${inside(one)}</a>
      </li>`;

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
  local.found = own.slice(0, SHOWN);
  draw();
  if (!words.trim()) return;
  const answer = await ask("GET", `/api/depots?q=${encodeURIComponent(words.trim())}&limit=${SHOWN}`);
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
      ⇄ ${_("Another depot")}
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

export default {
  title: () => either(book.shelves.depot) || _("To do"),
  view() {
    if (!known()) return nobody();
    const list = tasks();
    return html` ${chooser()}
      <a class="button wide scan-now" href="#/scan">▣ ${_("Scan")}</a>
      <div class="tiles">
        <a class="tile" href="#/incident/new"><span aria-hidden="true">⚠</span>${_("Call-out")}</a>
        <a class="tile" href="#/loans"><span aria-hidden="true">⇥</span>${_("Loans")}</a>
        <a class="tile" href="#/receive"><span aria-hidden="true">⇣</span>${_("Receive")}</a>
        <a class="tile" href="#/transfers"><span aria-hidden="true">⇆</span>${_("Transfers")}</a>
      </div>
      ${inHands().length
        ? html`<p>
            <a class="button quiet wide" href="#/hands">☝ ${_("In my hands: {count}", { count: inHands().length })}</a>
          </p>`
        : nothing}
      <h2>${_("Today")}</h2>
      <ul class="tasks">
        ${list.length ? list.map(row) : html`<li class="notice good">${_("Nothing stands open.")}</li>`}
      </ul>`;
  },
};

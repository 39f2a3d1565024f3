// Today's list of my depot: what must be done first, then the ways to do the rest.
import { book, choose, code, kit, lists, nameOf, storage } from "../book.js";
import { N_, _, either, html, known, listed, moment, nobody, nothing } from "../ui.js";

const ALERTS = {
  recall: ["bad", N_("called back")],
  expired: ["bad", N_("expired")],
  expiring: ["warn", N_("expiring soon")],
  date_missing: ["warn", N_("date missing")],
  defect: ["bad", N_("faulty")],
  unwitnessed: ["bad", N_("controlled gear without a second person")],
  discrepancy: ["bad", N_("book and shelf differ")],
  refused_entry: ["bad", N_("told late, not booked")],
  check_due: ["warn", N_("check due")],
  below_minimum: ["warn", N_("below minimum")],
};

function tasks() {
  const found = [];
  const add = (kind, sign, text, to, soft = "") => found.push({ kind, sign, text, to, soft });
  for (const row of lists("incidents").filter((one) => !one.closed)) add("bad", "⚠", _("Call-out open: {place}", { place: row.place }), `incident/${row.id}`, moment(row.opened_at ?? Date.now()));
  for (const row of book.work.hand_outs ?? []) {
    if (row.may_confirm) add("bad", "☑", _("Second person wanted: {who}", { who: row.asked_by }), "witness", `${either(row)} × ${row.quantity}`);
    if (row.mine) add("warn", "☑", row.agreed ? _("Confirmed: take it now") : _("Waits for a second person"), "witness", `${either(row)} × ${row.quantity}`);
  }
  for (const row of book.work.transfers) {
    if (row.giving && row.state === "requested") add("warn", "⇡", _("Send to {depot}", { depot: either(row, "other_") }), `transfer/${row.id}`, row.reason);
    if (!row.giving && row.state === "sent") add("warn", "⇣", _("Receive from {depot}", { depot: either(row, "other_") }), `transfer/${row.id}`, _("{count} line(s)", { count: row.on_the_way.length }));
    if (row.giving && row.state === "rejected") add("bad", "↩", _("Rejected by {depot}: take it back", { depot: either(row, "other_") }), `transfer/${row.id}`);
  }
  for (const row of lists("loans").filter((one) => one.overdue)) add("bad", "◷", _("Loan overdue: {who}", { who: [row.unit, row.name, row.phone].filter(Boolean).join(" ") || _("a resident") }), "loans", moment(row.due_at));
  for (const row of book.work.counts.filter((one) => one.open && one.purpose === "stocktake")) add("warn", "≣", _("Stocktake under way"), `count/${row.id}`, row.note);
  for (const row of book.work.counts.filter((one) => one.open && one.purpose === "keeper")) add("warn", "⇄", _("Keeper handover: count together"), `count/${row.id}`, moment(row.opened_at));
  const handover = book.work.counts.findLast((one) => one.purpose === "handover");
  if (handover?.open) add("warn", "⇄", handover.given_by ? _("Handover: the coming shift signs") : _("Handover under way"), "handover");
  else if (!handover || Date.parse(book.shelves.at) - Date.parse(handover.opened_at) > 20 * 3_600_000) add("warn", "⇄", _("Handover is due"), "handover");
  for (const row of storage().filter((one) => one.kind === "kit")) {
    const seen = kit(row.id);
    if (seen.short.length) add("warn", "✚", _("Kit incomplete: {name}", { name: nameOf(seen.lot ?? { number: either(row), id: row.id }) }), `kit/${row.id}`, listed(seen.short.slice(0, 3).map((part) => either(part.item))));
    else if (seen.due) add("", "✚", _("Kit check due: {name}", { name: nameOf(seen.lot ?? { number: either(row), id: row.id }) }), `kit/${row.id}`, either(row));
  }
  for (const row of book.work.proposals) add("", "＋", _("New product to decide: {name}", { name: row.name }), "proposals");
  const faults = book.work.faults.length;
  if (faults) add("bad", "✗", _("{count} open fault(s)", { count: faults }), "faults");
  for (const kind of Object.keys(ALERTS)) {
    const rows = book.alerts.filter((one) => one.kind === kind && kind !== "defect");
    for (const row of rows.slice(0, 8)) {
      const to = row.details.recall ? `/recalls/${row.details.recall}` : row.lot && book.lot.has(row.lot) ? `thing/${row.lot}` : kind === "below_minimum" ? `find/${encodeURIComponent(either(row, "name_"))}` : "faults";
      add(ALERTS[kind][0], kind === "below_minimum" ? "▽" : "!", `${_(ALERTS[kind][1])}: ${either(row, "name_") || row.details.description || ""}`, to, row.due ?? (row.details.minimum ? `${row.details.ready}/${row.details.minimum}` : ""));
    }
    if (rows.length > 8) add("", "…", _("{count} more: {what}", { count: rows.length - 8, what: _(ALERTS[kind][1]) }), "more");
  }
  return found;
}

const row = (one) => html`<li><a class="task ${one.kind}" href=${one.to.startsWith("/") ? one.to : `#/${one.to}`}><span class="sign" aria-hidden="true">${one.sign}</span><span>${one.text}<span class="soft line">${one.soft}</span></span><span aria-hidden="true">›</span></a></li>`;

export default {
  title: () => either(book.shelves.depot) || _("To do"),
  view() {
    if (!known()) return nobody();
    const list = tasks();
    return html`
      ${book.depots.length > 1
        ? html`<label class="visually-hidden" for="depot">${_("Depot")}</label><select id="depot" @change=${(event) => choose(event.target.value)}>${book.depots.map((one) => html`<option value=${one.code} ?selected=${one.code === code}>${either(one)}</option>`)}</select>`
        : nothing}
      <a class="button wide scan-now" href="#/scan">▣ ${_("Scan")}</a>
      <div class="tiles">
        <a class="tile" href="#/incident/new"><span aria-hidden="true">⚠</span>${_("Call-out")}</a>
        <a class="tile" href="#/loans"><span aria-hidden="true">⇥</span>${_("Loans")}</a>
        <a class="tile" href="#/receive"><span aria-hidden="true">⇣</span>${_("Receive")}</a>
        <a class="tile" href="#/transfers"><span aria-hidden="true">⇆</span>${_("Transfers")}</a>
      </div>
      <h2>${_("Today")}</h2>
      <ul class="tasks">${list.length ? list.map(row) : html`<li class="notice good">${_("Nothing stands open.")}</li>`}</ul>`;
  },
};

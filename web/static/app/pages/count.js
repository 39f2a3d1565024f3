// One stocktake: counted blind, recounted by somebody else where the difference is big, approved by an officer.
import { book, code, may } from "../book.js";
import { lists } from "../gear.js";
import { ask, session } from "../net.js";
import { onBooked, tell } from "../queue.js";
import { N_, _, draw, either, field, form, go, html, known, nobody, nothing, once, say } from "../ui.js";
import { Walk } from "../walk.js";

const local = { walk: undefined, report: undefined };

async function load(id) {
  const answer = await ask("GET", `/api/counts/${id}`);
  local.report = answer.ok ? answer.body : undefined;
  draw();
}

// What has just been counted is in the report without asking; while it waits to be sent, no report speaks of less.
onBooked(() => {
  const [, page, id] = location.hash.split("/");
  if (page === "count") load(id);
});
const unsent = (id) =>
  book.queue.some(({ state, entry }) => state === "waiting" && entry.kind === "count" && entry.count === id);

const closed = (count) => ({ lay: "row", in: "counts", id: count.id, set: { open: false } });

async function approve(count, leave) {
  const outcome = await tell(
    { kind: "approve-count", count: count.id, leave_uncounted: leave },
    { what: [N_("Stocktake approved")], sets: [closed(count)] },
  );
  if (say(outcome, _("Approved. The differences are booked."))) go("counts");
  else load(count.id);
}

async function cancel(count, { note }) {
  const outcome = await tell(
    { kind: "cancel-count", count: count.id, note },
    { what: [N_("Stocktake cancelled")], sets: [closed(count)] },
  );
  if (say(outcome, _("Cancelled. Nothing was recorded."))) go("counts");
}

const giveUp = (count) =>
  form(
    field("note", _("Why cancel it?"), { required: true }),
    _("Cancel the stocktake"),
    (told) => cancel(count, told),
    { quiet: true, draft: `give-up ${count.id}` },
  );

const row = (line) =>
  html`<tr>
    <td>
      ${either(line, "item_")} <span class="soft">${line.number ?? ""}<br />${either(line, "place_")}</span>
    </td>
    <td class="number">${line.counted ?? "–"}</td>
    ${
      local.report.blind
        ? nothing
        : html`<td class="number">${line.book}</td>
            <td class="number ${Number(line.difference) ? "short" : ""}">
              ${Number(line.difference) > 0 ? "+" : ""}${line.difference}
            </td>`
    }
    <td>
      ${
        line.needs_recount
          ? html`<span class="badge bad">${_("recount")}</span>`
          : line.counted === null
            ? html`<span class="badge warn">${_("blank")}</span>`
            : html`<span class="badge good">✓</span>`
      }
    </td>
  </tr>`;

// The joint count of a keeper handover ends with three signatures, not with an approval (T98).
const keepers = (count) => count.purpose === "keeper";
const sign = () =>
  html`<p><a class="button wide" href="/depots/${code}/keepers">${_("Continue to the signatures")}</a></p>`;

function report(count) {
  const { lines, blind } = local.report;
  const again = lines.filter((line) => line.needs_recount);
  const blank = lines.filter((line) => line.counted === null).length;
  // Nothing is counted yet: whoever opened it by mistake finds the way out above the blank lines.
  const mine = count.opened_by === session.me?.id && !keepers(count) && !may("approve") && blank === lines.length;
  return html`<h2>${_("Report")}</h2>
    <p class="soft">
      ${_("{count} counted, {blank} blank, {again} to be counted again", { count: lines.length - blank, blank, again: again.length })}
    </p>
    ${
      again.length
        ? html`<button class="wide quiet"
        @click=${() => ((local.walk = new Walk(count, { blind: true, round: 2, only: again })), draw())}>↻ ${_("Recount as the second person")}</button>`
        : nothing
    }
    ${mine ? giveUp(count) : nothing}
    <div class="table" tabindex="0">
      <table>
        <caption class="visually-hidden">
          ${_("Report")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${_("Thing")}</th>
            <th scope="col" class="number">${_("counted")}</th>
            ${
              blind
                ? nothing
                : html`<th scope="col" class="number">${_("book")}</th>
                    <th scope="col" class="number">±</th>`
            }
            <th scope="col">${_("state")}</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(row)}
        </tbody>
      </table>
    </div>
    ${keepers(count) ? sign() : nothing}
    ${
      may("approve") && !keepers(count)
        ? html`<p>
              <button class="wide" ?disabled=${again.length} @click=${once(() => approve(count, blank > 0))}>
                ${blank ? _("Approve; {count} blank lines stay as they are", { count: blank }) : _("Approve")}
              </button>
            </p>
            ${giveUp(count)}`
        : nothing
    }`;
}

export default {
  title: () => _("Stocktake"),
  enter: (id) => {
    Object.assign(local, { walk: undefined, report: undefined });
    load(id);
  },
  view(id) {
    if (!known()) return nobody();
    const count = lists("counts").find((one) => one.id === id && one.open);
    if (!count)
      return local.report
        ? report({ id, places: [] })
        : html`<p class="notice">${_("This stocktake is closed, or of another depot.")}</p>`;
    local.walk ??= new Walk(count, { blind: !keepers(count) });
    local.walk.count = count;
    return html`${
      keepers(count)
        ? html`<p class="notice">${_("Keeper handover: both count every line together, then sign.")}</p>`
        : nothing
    }${
      local.walk.round === 2
        ? html`<p class="notice warn">${_("Recount: the second person counts again, without looking at the first.")}</p>`
        : nothing
    }
      ${local.walk.view()}
      <p><button class="quiet wide" @click=${() => load(id)}>${_("Show the report")}</button></p>
      ${local.report && !unsent(id) ? report(count) : nothing}`;
  },
};

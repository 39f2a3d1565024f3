// Handover (交接班): one guided walk in shelf order, both shifts sign, the rest is handed on.
import { book, code, fromServer, may } from "../book.js";
import { carrierRow } from "../carriers.js";
import { lists, nameOf, storage } from "../gear.js";
import { icon } from "../icons.js";
import { newId, now, session } from "../net.js";
import { tell } from "../queue.js";
import {
  N_,
  _,
  either,
  field,
  form,
  html,
  known,
  labelled,
  listed,
  moment,
  nobody,
  nothing,
  once,
  say,
} from "../ui.js";
import { Walk } from "../walk.js";

let walk;

// The places that are in a stocktake: it may take days, and the walk leaves them to it.
const elsewhere = () =>
  lists("counts")
    .filter((one) => one.open && one.purpose !== "handover")
    .flatMap((one) => one.places);

const inStocktake = (places) =>
  places.length
    ? html`<details class="notice">
        <summary>${_("{count} places are left to the stocktake that is open.", { count: places.length })}</summary>
        <ul class="list">
          ${places.map((one) => html`<li>${either(one, "place_")}</li>`)}
        </ul>
      </details>`
    : nothing;

async function start() {
  const id = newId();
  const row = {
    purpose: "handover",
    open: true,
    opened_at: now().toISOString(),
    places: storage()
      .map((one) => one.id)
      .filter((id) => !elsewhere().includes(id)),
    taken: false,
  };
  say(
    await tell(
      { id, kind: "start-handover", depot: code },
      { what: [N_("Handover started")], adds: { list: "counts", row } },
    ),
    _("Started. Go from shelf to shelf."),
  );
}

const signed = (handover, set) => ({ lay: "row", in: "counts", id: handover.id, set });

const give =
  (handover) =>
  async ({ note }) =>
    say(
      await tell(
        { kind: "give-shift", handover: handover.id, note },
        {
          what: [N_("Shift handed over")],
          sets: [signed(handover, { given_by: session.me?.id, handover_note: note })],
        },
      ),
      _("Signed. Now the coming shift signs on its own phone."),
    );

const take = (handover) => async () =>
  say(
    await tell(
      { kind: "take-shift", handover: handover.id },
      { what: [N_("Shift taken over")], sets: [signed(handover, { open: false, taken: true })] },
    ),
    _("Signed. You are on duty now."),
  );

function standing() {
  const rows = [
    [_("Loans"), lists("loans").length, "loans"],
    [_("Open faults"), lists("faults").length, "faults"],
    [_("Call-outs"), lists("incidents").filter((one) => !one.closed).length, "incidents"],
    [_("Transfers"), fromServer("transfers").length, "transfers"],
  ];
  return html`<h2>${_("Passed on to the next shift")}</h2>
    <ul class="list">
      ${rows.map(
        ([word, count, to]) =>
          html`<li>
            <a href="#/${to}"><span>${word}</span><b>${count}</b></a>
          </li>`,
      )}
    </ul>
    ${book.shelves.seals.filter((seal) => seal.short.length).map(sealedShort)}`;
}

// A kit that was sealed though something was missing: the coming shift sees what (T46).
const sealedShort = (seal) =>
  html`<p class="notice warn">
    <a href="#/kit/${seal.place}">${either(book.place.get(seal.place) ?? {})}</a>
    ${_("Sealed incomplete: {what}", { what: listed(seal.short.map((one) => `${either(one, "item_")} ${one.there}/${one.should}`)) })}
  </p>`;

const difference = (line) =>
  html`<li class="line">
    <div>
      <b class="name">${either(line, "item_")}</b> <span class="soft">${line.number ?? ""}</span
      ><span class="soft line">${either(line, "place_")}</span>
    </div>
    <b class="short">${Number(line.difference) > 0 ? "+" : ""}${line.difference}</b>
  </li>`;

// What this walk left out, and when each place was last looked at: the comer signs knowing it.
const unseen = (count, places) =>
  html`<details class="notice warn">
    <summary>${_("{count} lines were not checked.", { count })}</summary>
    <ul class="list">
      ${places.map((one) => html`<li><span>${either(one, "place_")}</span> <span class="soft">${one.seen ? labelled(_("last checked"), moment(one.seen)) : _("never checked")} · ${one.lines}</span></li>`)}
    </ul>
  </details>`;

// What the one who signs has taken and not brought back.
function hands() {
  const held = book.rows.filter(
    (row) => book.place.get(row.place)?.kind === "holder" && book.place.get(row.place).mine,
  );
  return held.length
    ? html`<h2>${_("Still in my hands")}</h2>
        <ul class="list">
          ${held.map((row) => html`<li><a href="#/thing/${row.lot.id}"><span>${nameOf(row.lot)} <span class="soft">${row.lot.number}</span></span><b>${row.quantity}</b></a></li>`)}
        </ul>`
    : nothing;
}

function given(handover) {
  const { differences = [], uncounted = 0, left_out = [], in_hands = [], in_stocktake = [] } = handover.handed_on ?? {};
  const same = handover.given_by === session.me?.id;
  return html`<p class="notice warn">${_("The leaving shift has signed.")} ${handover.handover_note}</p>
    <h2>${_("Differences")}</h2>
    <ul class="basket">
      ${differences.map(difference)}
    </ul>
    ${
      differences.length
        ? nothing
        : html`<p class="notice ${uncounted ? "" : "good"}">${uncounted ? _("No differences in what was checked.") : _("No differences found.")}</p>`
    }
    ${uncounted ? unseen(uncounted, left_out) : nothing}
    ${inStocktake(in_stocktake)}
    ${
      in_hands.length
        ? html`<h2>${_("Still in the hands of the leaving shift")}</h2>
          <ul class="list">
            ${in_hands.map((one) => html`<li><a href="#/thing/${one.lot}"><span>${either(one, "item_")} <span class="soft">${one.number}</span></span><b>${one.quantity}</b></a></li>`)}
          </ul>`
        : nothing
    }
    ${standing()}
    ${
      same
        ? html`<p class="notice">${_("The coming shift signs, on its own phone or signed in here by its own name.")}</p>`
        : html`<button class="wide" @click=${once(take(handover))}>${_("Sign: I take over")}</button>`
    }`;
}

function walking(handover) {
  if (walk?.count.id !== handover.id) walk = new Walk(handover);
  walk.count = handover;
  const left = elsewhere()
    .map((id) => book.place.get(id))
    .filter(Boolean)
    .map((place) => ({ place_zh: place.zh, place_en: place.en }));
  return html`${inStocktake(left)}${walk.view()}${standing()}${hands()}
  ${form(field("note", _("Note for the next shift")), _("Sign: I hand over"), give(handover), { draft: `shift ${handover.id}` })}`;
}

function idle(last) {
  return html`${
    last
      ? html`<p class="notice">${labelled(_("Last handover"), `${moment(last.opened_at)} ${last.shift_day ?? ""}`)}</p>`
      : nothing
  }
    ${
      may("keep")
        ? html`<p><button class="wide" @click=${once(start)}>${icon("change")} ${_("Start the handover")}</button></p>`
        : nothing
    }
    ${standing()}
    <h2>${_("Kits and vehicles")}</h2>
    <ul class="list">
      ${storage()
        .filter((row) => ["kit", "vehicle"].includes(row.kind))
        .map(carrierRow)}
    </ul>`;
}

export default {
  title: () => _("Handover"),
  view() {
    if (!known()) return nobody();
    const handovers = lists("counts").filter((one) => one.purpose === "handover");
    const open = handovers.find((one) => one.open);
    if (!open) return idle(handovers.at(-1));
    return open.given_by ? given(open) : walking(open);
  },
};

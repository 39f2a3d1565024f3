// Counting: the shift's handover, kits, and stocktakes.
import { book, code, may } from "../book.js";
import { carrierRow } from "../carriers.js";
import { lists, placeName, storage } from "../gear.js";
import { icon } from "../icons.js";
import { newId, now } from "../net.js";
import { tell } from "../queue.js";
import {
  KEEP,
  N_,
  _,
  choice,
  either,
  field,
  form,
  go,
  html,
  known,
  moment,
  nobody,
  nothing,
  placeOptions,
  say,
  toast,
} from "../ui.js";

const WHOLE = "whole";

async function start({ place, note }) {
  if (!place) {
    toast(_("Choose what is counted."), "bad");
    return KEEP;
  }
  const id = newId();
  const places = place === WHOLE ? [] : [place];
  const row = {
    purpose: "stocktake",
    open: true,
    note,
    opened_at: now().toISOString(),
    places: places.length ? places : storage().map((one) => one.id),
  };
  const outcome = await tell(
    { id, kind: "start-count", depot: code, places, note },
    {
      what: [
        N_("Stocktake started: {place}"),
        { place: places.length ? placeName(place) : either(book.shelves.depot) },
      ],
      adds: { list: "counts", row },
    },
  );
  if (say(outcome, _("Started. Count place by place."))) go(`count/${id}`);
  return undefined;
}

export default {
  title: () => _("Count"),
  view(place = "") {
    if (!known()) return nobody();
    const open = lists("counts").filter((one) => one.open && one.purpose === "stocktake");
    const kits = storage().filter((row) => ["kit", "vehicle"].includes(row.kind));
    return html`<p><a class="button wide" href="#/handover">${icon("change")} ${_("Handover of the shift")}</a></p>
      <h2>${_("Stocktake")}</h2>
      <ul class="list">
        ${open.map(
          (one) =>
            html`<li>
              <a href="#/count/${one.id}"
                ><span
                  >${one.note || _("Stocktake")}<span class="soft line"
                    >${moment(one.opened_at)} · ${_("{count} places", { count: one.places.length })}
                    ${one.waiting ? `· ${_("waiting to be sent")}` : ""}</span
                  ></span
                ><span aria-hidden="true">›</span></a
              >
            </li>`,
        )}
      </ul>
      ${may("keep") ? form(html`${choice("place", _("Which places?"), [["", _("choose")], ...placeOptions(storage()), [WHOLE, _("the whole depot")]], place)}${field("note", _("Note"))}`, _("Start a stocktake"), start, { quiet: true, draft: "stocktake" }) : nothing}
      <h2>${_("Kits and vehicles")}</h2>
      <ul class="list">
        ${kits.map(carrierRow)}
      </ul>`;
  },
};

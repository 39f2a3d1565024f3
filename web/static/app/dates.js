// The dates of what is here already: a missing one is set, a wrong one corrected, in the label's own words.
import { book, may } from "./book.js";
import { lastDay, tidy } from "./checks.js";
import { nameOf } from "./gear.js";
import { photoBox } from "./photos.js";
import { tell } from "./queue.js";
import { N_, _, draw, field, fold, form, html, nothing, pair, pick, say, toast, unfold } from "./ui.js";

const WORDS = [
  ["through", N_("valid until 有效期至")],
  ["from", N_("invalid from 失效期")],
  ["made", N_("made on, with shelf life")],
  ["unknown", N_("cannot be read")],
];
const local = { word: "through", photos: [] };
export function forgetDates() {
  Object.assign(local, { word: "through", photos: [] });
  fold();
}

async function setDate(lot, place, told) {
  const { word } = local;
  const aged = lot.of?.tracking === "bulk";
  const months = Number(tidy(told.months));
  const date = told.date?.trim();
  const expiry = word === "unknown" ? { word } : { word, date, ...(word === "made" ? { months } : {}) };
  const entry = {
    kind: "set-date",
    thing: lot.id,
    place,
    ...(aged ? { made_on: date } : { expiry }),
    ...(told.reason ? { reason: told.reason } : {}),
  };
  const through = !aged && ["through", "from"].includes(word) ? lastDay(word, date) : null;
  // From a shelf life the server alone works a day out: until its answer the date is missing still
  const laid = through || word === "unknown" ? { through, expiry: through ? "known" : "unknown" } : undefined;
  const outcome = await tell(entry, {
    what: [N_("Date of {name}: {date}"), { name: pair(lot.of), date: date ?? "?" }],
    photos: local.photos,
    sets: aged || !laid ? [] : [{ lay: "dates", lot: lot.id, ...laid }],
  });
  if (say(outcome, _("Date saved. The old one stays on record."))) forgetDates();
  if (outcome.result?.split)
    toast(_("Other depots keep the old entry. What lies here has a label of its own now: print it."), "warn", 12);
  draw();
}

const needed = () => local.word !== "unknown";

// `place`: where the reader stands before it.
function dateForm(lot, place) {
  const aged = lot.of?.tracking === "bulk";
  return html`${
    aged
      ? nothing
      : pick(
          _("The date on the label"),
          WORDS.map(([key, word]) => [key, _(word)]),
          local.word,
          (key) => ((local.word = key), draw()),
        )
  }
  ${form(
    html`${
      needed()
        ? field("date", aged ? _("Made on, such as 2020-01 or 2020-01-15") : _("Date, such as 2027-02 or 2027-02-15"), {
            check: "date",
            required: true,
          })
        : nothing
    }
    ${
      local.word === "made" && !aged
        ? field("months", _("Shelf life in months"), { mode: "numeric", required: true, check: "months" })
        : nothing
    }
    ${lot.expiry === "known" ? field("reason", _("Why is the recorded date wrong?"), { required: true, most: 300 }) : nothing}
    ${photoBox(local.photos)}`,
    _("Save the date"),
    (told) => setDate(lot, place, told),
    { draft: `date ${lot.id}` },
  )}`;
}

/** The form where a date is missing; a way to it where there is one. `rows`: where the lot lies. */
export function dateCard(lot, rows) {
  const bears = lot.of?.expires || lot.expiry !== "none" || lot.made;
  if (!may("keep") || !rows.length || !bears || !book.lot.has(lot.id)) return nothing;
  if (lot.expiry === "unknown")
    return html`<section class="card" aria-label=${_("Set the date")}>
      <h2>${_("Set the date")}</h2>
      <p class="hint">${_("Its date is missing, so it does not count as ready. Read it from the label.")}</p>
      ${dateForm(lot, rows[0].place)}
    </section>`;
  return unfold(
    "date",
    _("Correct the date"),
    () => html`<p class="soft">${nameOf(lot)} ${lot.through ?? ""}</p>
      ${dateForm(lot, rows[0].place)}`,
  );
}

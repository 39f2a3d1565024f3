// A sweep with an RFID reader that types: its tags fill the lines of the place that is being counted. Nothing is sent
// by it; what the reader saw elsewhere, missed or does not know is shown, for somebody to look.
import { ask } from "./net.js";
import { _, either, form, html, KEEP, nothing, toast } from "./ui.js";

const names = (lines) =>
  lines.map((line) => `${either(line, "name_")} ${line.serial ?? line.number ?? ""} (${either(line, "place_")})`);

const told = (title, lines) =>
  lines.length
    ? html`<p>${title}</p>
        <ul>
          ${lines.map((line) => html`<li>${line}</li>`)}
        </ul>`
    : nothing;

// `fill` takes each lot with what its tags count to; `show` takes what the server said.
export async function sweep(place, { tags }, fill, show) {
  const answer = await ask("POST", "/api/sweeps", { place, tags: tags.split(/[\n,;]+/) });
  if (!answer.ok) {
    toast(
      answer.body?.detail ?? _("No connection: tags are looked up by the server. Count by hand, or try again."),
      "bad",
    );
    return KEEP;
  }
  for (const line of answer.body.here)
    if (line.place === place && line.quantity !== null) fill(line.lot, Number(line.quantity));
  show(answer.body);
  return undefined;
}

export const sweepForm = (place, fill, show) =>
  form(
    html`<label for="tags">${_("Tags, one a line: put the cursor here and pull the reader's trigger")}</label>
      <textarea id="tags" name="tags" rows="4" required autocomplete="off" spellcheck="false"
        aria-describedby="tags-fault"></textarea>
      <p class="fault" id="tags-fault" role="alert"></p>`,
    _("Look the tags up"),
    (given) => sweep(place, given, fill, show),
    { quiet: true },
  );

export const sweepReport = (place, found) => {
  const byHand = found.here.filter((line) => line.quantity === null);
  const deeper = found.here.filter((line) => line.place !== place && line.quantity !== null);
  return html`<section class="notice" role="status">
    <p>${_("{count} tags, each once; {repeats} repeats left out.", { count: found.read, repeats: found.repeats })}</p>
    ${told(_("In another part of this place: count it there."), names(deeper))}
    ${told(_("Tags on packs: count these by hand."), names(byHand))}
    ${told(_("Read here, but on record elsewhere: if it lies here, scan its label."), names(found.elsewhere))}
    ${told(_("Has a tag, but none was read: look for it."), names(found.unseen))}
    ${told(
      _("Tags of nothing known here:"),
      found.unknown.map((tag) => html`<span class="line">${tag}</span>`),
    )}
  </section>`;
};

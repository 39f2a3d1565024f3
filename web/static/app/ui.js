// The pieces that every page is made of.
import { html, nothing, render } from "/vendor/lit-html.js";
import { book, daysTo, nameOf, placeName, state, unitOf } from "./book.js";
import { session } from "./net.js";
import { N_, _, either, listed, moment } from "./texts.js";

export { html, nothing, render, _, N_, either, listed, moment };

let redraw = () => {};
export const onDraw = (draw) => (redraw = draw);
export const draw = () => redraw();
export const go = (path) => (location.hash = `#/${path}`);
export const back = () => (history.length > 1 ? history.back() : go(""));

let note;
let noteTimer;
export function toast(text, kind = "good", seconds = 6) {
  note = { text, kind };
  clearTimeout(noteTimer);
  noteTimer = setTimeout(hush, seconds * 1000);
  draw();
}
export function hush() {
  note = undefined;
  draw();
}
export const noteView = () =>
  note ? html`<div class="toast ${note.kind}" role="status"><span>${note.text}</span><button class="plain" aria-label=${_("Close")} @click=${hush}>✕</button></div>` : nothing;

// Say what became of an entry; true when it counts as done (booked, or safely waiting) and its page is still open.
export function say(outcome, done) {
  if (outcome.state === "waiting") toast(_("Saved on this phone. It is sent as soon as there is a signal."), "warn");
  else if (outcome.state === "refused" && outcome.problem) toast(outcome.problem.detail ?? _("The server refused this."), "bad", 12);
  else if (outcome.state === "refused") toast(_("Kept, but not booked: {why}", { why: outcome.why ?? "" }), "bad", 12);
  else if (outcome.result?.discrepancy) toast(_("Booked. Book and shelf differ: please count again."), "warn", 10);
  else toast(done);
  return outcome.state !== "refused" && !outcome.left;
}

// In what state a thing comes back.
export const BROUGHT_BACK = [
  ["ready", N_("ready to use")],
  ["clean", N_("to clean or dry")],
  ["check", N_("to be checked")],
  ["damaged", N_("damaged")],
  ["lost", N_("lost")],
];

const STATES = {
  hold: ["bad", "⛔", N_("On hold: do not use")],
  faulty: ["bad", "✗", N_("Faulty: do not use")],
  undated: ["warn", "?", N_("Date missing")],
  expired: ["bad", "✗", N_("Expired")],
  soon: ["warn", "!", N_("Expires soon")],
  fit: ["good", "✓", N_("Fit")],
};
export function badge(lot) {
  const [kind, sign, word] = STATES[state(lot)];
  return html`<span class="badge ${kind}">${sign} ${_(word)}</span>`;
}

export const endsText = (day) =>
  !day ? "" : daysTo(day) < 0 ? _("expired {day}", { day }) : daysTo(day) <= 90 ? _("{day}, {days} days left", { day, days: daysTo(day) }) : day;

export const thingRow = (row, extra = nothing) => html`<li>
  <a href="#/thing/${row.lot.id}"><span><b class="name">${nameOf(row.lot)}</b> <span class="soft">${row.lot.number}</span>
    ${["fit", "soon"].includes(state(row.lot)) ? nothing : badge(row.lot)}
    <span class="soft line">${placeName(row.place)}${row.lot.through ? html` · ${endsText(row.lot.through)}` : nothing}</span></span>
    <span class="amount">${row.quantity} ${unitOf(row.lot)}</span></a>${extra}</li>`;

export function stepper(label, value, change, { least = 0, most = 99999, blank = false } = {}) {
  const set = (next) => change(Math.min(most, Math.max(least, next)));
  const typed = (event) => (event.target.value === "" && blank ? change(null) : set(Number(event.target.value.replace(",", ".")) || 0));
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button type="button" class="quiet" aria-label=${_("one less")} @click=${() => set((value ?? least) - 1)}>−</button>
    <input inputmode="decimal" aria-label=${label} .value=${value === null || value === undefined ? "" : String(value)} @change=${typed}>
    <button type="button" class="quiet" aria-label=${_("one more")} @click=${() => set((value ?? least) + 1)}>+</button></div>`;
}

// A form whose fields are named; `then` is given their values. One tap sends it once.
export function form(fields, word, then, { quiet = false } = {}) {
  const submit = async (event) => {
    event.preventDefault();
    const button = event.target.querySelector("button[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      await then(Object.fromEntries(new FormData(event.target)), event.target);
    } finally {
      button.disabled = false;
    }
  };
  return html`<form @submit=${submit}>${fields}<button type="submit" class=${quiet ? "quiet wide" : "wide"}>${word}</button></form>`;
}

// Ids of fields: several forms of a page may have a field of the same name. Counted anew with every drawing.
let fields = 0;
export const countFieldsAnew = () => (fields = 0);

export function field(name, label, { value = "", type = "text", required = false, hint = "", mode, most = 200 } = {}) {
  const id = `field-${++fields}`;
  return html`<label for=${id}>${label}</label>
    <input id=${id} name=${name} type=${type} value=${value} ?required=${required} inputmode=${mode ?? nothing} maxlength=${most} autocomplete="off">
    ${hint ? html`<p class="hint">${hint}</p>` : nothing}`;
}

export function choice(name, label, options, value = "") {
  const id = `field-${++fields}`;
  return html`<label for=${id}>${label}</label>
    <select id=${id} name=${name}>${options.map(([key, word]) => html`<option value=${key} ?selected=${key === value}>${word}</option>`)}</select>`;
}

// Big buttons to pick one of a few: fewer taps than a list that unfolds.
export const pick = (label, options, value, change) => html`<fieldset class="pick"><legend>${label}</legend>
  ${options.map(([key, word]) => html`<button type="button" class=${key === value ? "" : "quiet"} aria-pressed=${key === value} @click=${() => change(key)}>${word}</button>`)}</fieldset>`;

export const placeOptions = (places) => places.map((row) => [row.id, either(row)]);

// Once somebody taps a button that books, it is off until the answer is there.
export function once(act) {
  return async (event) => {
    const button = event.currentTarget;
    if (button.disabled) return;
    button.disabled = true;
    try {
      await act(event);
    } finally {
      button.disabled = false;
    }
  };
}

export const nobody = () => html`<p class="notice">${_("Sign in to see your depot.")}</p>
  <p><a class="button wide" href="/sign-in?next=/app">${_("Sign in")}</a></p>`;
export const known = () => session.me && book.shelves.depot;
// What an entry is about, to be said in whichever language is shown later: a text id, and names as { zh, en }.
export const pair = (row) => ({ zh: row?.zh ?? "", en: row?.en ?? "" });
export function told([text, params] = [""]) {
  const said = Object.entries(params ?? {}).map(([name, value]) => [name, value && typeof value === "object" ? either(value) : value]);
  return _(text, Object.fromEntries(said));
}

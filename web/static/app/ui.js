// The pieces that every page is made of.
import { html, nothing, render } from "/vendor/lit-html.js";
import { book, fromServer, lay } from "./book.js";
import { faultOf, numberOf, spelled } from "./checks.js";
import { days } from "./days.js";
import { draft, draftsWritten, dropDraft, keepDraft, onDraftFault } from "./drafts.js";
import { amountOf, daysTo, nameOf, placeName, state } from "./gear.js";
import { icon } from "./icons.js";
import { session } from "./net.js";
import { thumb } from "./pictures.js";
import { mayWithdraw, undo } from "./queue.js";
import { N_, _, either, labelled, listed, moment } from "./texts.js";

export { html, nothing, render, _, N_, either, labelled, listed, moment };

let redraw = () => {};
export const onDraw = (draw) => (redraw = draw);
let drawing; // once what is being written is stored
/** Show what there is; drafts only as the phone's store has them. */
export function draw() {
  const writing = draftsWritten();
  if (!writing) return redraw();
  if (drawing) return;
  drawing = writing.then(() => {
    drawing = undefined;
    draw();
  });
}
export const go = (path) => (location.hash = `#/${path}`);
let steps = 0; // pages of the app that were opened in this tab
addEventListener("hashchange", () => (steps += 1));
let unfolded = ""; // which seldom needed form stands open
/** Close the form that stands open, as it was sent or another page is shown. */
export const fold = () => (unfolded = "");
addEventListener("hashchange", fold);
export function back() {
  if (!steps) return go("");
  steps -= 2; // going back is a step too
  return history.back();
}

let renewal = () => {};
export const onRenew = (renew) => (renewal = renew);
/** Ask the server what is new, and draw it. */
export const renewNow = () => renewal();

const UNDO_SECONDS = 10;
let note;
let noteTimer;
/**
 * @param {string} text
 * @param {"good" | "warn" | "bad"} kind
 * @param {number} seconds
 * @param {{ detail?: string, undo?: string }} more `undo`: the id of the act that one tap takes back
 */
export function toast(text, kind = "good", seconds = 6, more = {}) {
  note = { text: sentence(text), kind, since: Date.now(), ...more };
  clearTimeout(noteTimer);
  noteTimer = setTimeout(hush, seconds * 1000);
  draw();
}
/** As a sentence: refusals of the server begin with a small letter. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
// What was refused lies over no other page: the list of what was sent has it
addEventListener("hashchange", () => note?.kind === "bad" && Date.now() - note.since > 1000 && hush());
function hush() {
  note = undefined;
  draw();
}
onDraftFault(() => toast(_("This phone is out of storage: unsent work here is lost on reload."), "bad", 12));
export const noteView = () =>
  note
    ? html`<div class="toast ${note.kind}" role="status">
        <span>${note.text}${note.detail ? html`<span class="line">${note.detail}</span>` : nothing}</span>
        ${
          note.undo
            ? html`<button class="quiet undo" @click=${once(() => takeBack(note.undo))}>${icon("undo")} ${_("Undo")}</button>`
            : nothing
        }
        <button class="plain" aria-label=${_("Close")} @click=${hush}>${icon("close")}</button>
      </div>`
    : nothing;

/** Take an act back, and say what became of that. */
export async function takeBack(id) {
  const outcome = await undo(id);
  await lay();
  if (outcome.state === "withdrawn") toast(_("Undone: it was not sent."), "good", 6, { detail: told(outcome.what) });
  else if (outcome.state === "kept") toast(_("Too late to undo: it is being sent."), "warn");
  else return say(outcome, _("Undone."));
  return true;
}

// Where a thing went, as it is said: places by their names, ends such as "used up" by a text.
const spotText = (spot) => (spot?.text ? _(spot.text) : either(spot));
export const hands = { text: N_("your hands") };
export const usedUp = { text: N_("used up") };
/** From where to where, for toasts and the list of what was sent; each a place's id or a spot such as `hands`. */
export function way(from, to) {
  const spot = (one) =>
    typeof one === "string" ? (book.place.get(one)?.mine ? hands : pair(book.place.get(one))) : one;
  return { from: spot(from), to: spot(to) };
}
export const wayText = (where) =>
  spotText(where?.from) && spotText(where?.to) ? `${spotText(where.from)} → ${spotText(where.to)}` : "";

/** What a form's act answers when it has not been sent: what was typed stays. */
export const KEEP = Symbol("keep");
let refusals = 0;
/** Say what became of an entry; true when it counts as done (booked, or safely waiting) and its page is still open. */
export function say(outcome, done) {
  const detail = [told(outcome.what), wayText(outcome.where)].filter(Boolean).join(" · ");
  const record = book.queue.find((one) => one.id === outcome.id);
  const undoable = outcome.undo || (record && outcome.state === "waiting" && mayWithdraw(record, book.queue));
  const more = { detail, undo: undoable ? outcome.id : undefined };
  if (outcome.state === "refused") refusals += 1;
  if (outcome.state === "withdrawn") toast(_("Undone: it was not sent."), "good", 6, { detail });
  else if (outcome.state === "waiting")
    toast(_("Saved on this phone. It is sent as soon as there is a signal."), "warn", UNDO_SECONDS, more);
  else if (outcome.state === "refused" && outcome.problem)
    toast(outcome.problem.detail ?? _("The server refused this."), "bad", 12, { detail });
  else if (outcome.state === "refused")
    toast(_("Saved, but not recorded: {why}", { why: outcome.why ?? "" }), "bad", 12, { detail });
  else if (outcome.result?.discrepancy)
    toast(_("Recorded. Book and shelf differ: please recount."), "warn", UNDO_SECONDS, more);
  else toast(done, "good", more.undo ? UNDO_SECONDS : 6, more);
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
  hold: ["bad", "✗", N_("On hold: do not use")],
  faulty: ["bad", "✗", N_("Faulty: do not use")],
  undated: ["warn", "?", N_("Date missing")],
  expired: ["bad", "✗", N_("Expired")],
  unchecked: ["bad", "✗", N_("check overdue")],
  soon: ["warn", "!", N_("Expires soon")],
  fit: ["good", "✓", N_("Fit")],
};
export function badge(lot) {
  const [kind, sign, word] = STATES[state(lot)];
  return html`<span class="badge ${kind}">${sign} ${_(word)}</span>`;
}

export const endsText = (day) =>
  !day
    ? ""
    : daysTo(day) < 0
      ? _("expired {day}", { day })
      : daysTo(day) <= 90
        ? _("{day}, {days} days left", { day, days: daysTo(day) })
        : day;

/** Until when something that is out is asked back, if its item is reclaimed for some months (T62). */
export function reclaimBadge(row) {
  const one = fromServer("reclaims").find((told) => told.lot === row.lot.id && told.place === row.place);
  if (!one) return nothing;
  return one.in_time
    ? html`<span class="badge warn">${_("reclaim until {day}", { day: one.until })}</span>`
    : html`<span class="badge bad">✗ ${_("not reclaimed by {day}: book it as used up", { day: one.until })}</span>`;
}

/** A lot in a list; `placed: false` where the page is the place itself. */
export const thingRow = (row, { placed = true } = {}) =>
  html`<li>
    <a href="#/thing/${row.lot.id}"
      >${thumb(row.lot.of)}<span
        ><b class="name">${nameOf(row.lot)}</b> <span class="soft">${row.lot.number}</span>
        ${["fit", "soon"].includes(state(row.lot)) ? nothing : badge(row.lot)}
        <span class="soft line"
          >${days([placed ? placeName(row.place) : "", endsText(row.lot.through)].filter(Boolean).join(" · "))}</span
        ></span
      >
      <span class="amount">${amountOf(row.quantity, row.lot)}</span></a
    >
  </li>`;

export function stepper(label, value, change, { least = 0, most = 99999, blank = false, piece = false } = {}) {
  const top = piece ? 1 : most;
  const set = (next) => {
    if (next > top)
      toast(
        piece ? _("This is one piece: it is here (1) or it is not (0).") : _("There are only {count}.", { count: top }),
        "bad",
        8,
      );
    change(Math.min(top, Math.max(least, next)));
  };
  const typed = (event) => {
    const { value } = event.target;
    if (value === "" && blank) return change(null);
    const number = numberOf(value);
    if (!Number.isNaN(number)) return set(number);
    const meant = spelled(value);
    return toast(meant ? _("Enter digits: {number}?", { number: meant }) : _("Enter a number, such as 10."), "bad", 8);
  };
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button type="button" class="quiet" aria-label=${_("one less")} @click=${() => set((value ?? least) - 1)}>−</button>
    <input
      inputmode="decimal"
      aria-label=${label}
      .value=${value === null || value === undefined ? "" : String(value)}
      @change=${typed}
    />
    <button type="button" class="quiet" aria-label=${_("one more")} @click=${() => set((value ?? least) + 1)}>+</button>
  </div>`;
}

/**
 * A form whose fields are named; `then` is given their values. One tap sends it once. What is mistyped is said at its
 * field, and what was typed stays; `doubt` may ask back, as a sentence. With a `draft` name what is typed is kept on
 * the phone until it is sent or thrown away.
 */
export function form(fields, word, then, { quiet = false, draft: name = "", doubt = (_values) => "" } = {}) {
  const submit = async (event) => {
    event.preventDefault();
    const { target, submitter } = event;
    const button = target.querySelector("button[type=submit]:not([name])");
    if (button.disabled || !wellTyped(target)) return;
    const values = Object.fromEntries(new FormData(target));
    const question = submitter?.name === "sure" ? "" : doubt(values);
    ask(target, question);
    if (question) return;
    button.disabled = true;
    const before = refusals;
    try {
      const kept = (await then(values, target)) === KEEP;
      if (!kept && refusals === before) await throwAway(target, name);
    } finally {
      button.disabled = false;
    }
  };
  const typed = async ({ target }) => {
    const { form } = target;
    if (form && faultOf(target) === "") mark(target, "");
    ask(form, "");
    if (!name) return;
    form.setAttribute("aria-busy", "true");
    await keepDraft(name, Object.fromEntries(new FormData(form)));
    form.removeAttribute("aria-busy");
    form.querySelector(".throw-away").hidden = false;
  };
  return html`<form novalidate @submit=${submit} @input=${typed} data-draft=${name || nothing}>
    ${fields}
    <div class="ask notice warn" role="alert" hidden>
      <p></p>
      <button name="sure" value="yes" class="quiet wide">${_("Yes, that is right")}</button>
    </div>
    <button type="submit" class=${quiet ? "quiet wide" : "wide"}>${word}</button>
    ${
      name
        ? html`<button type="button" class="plain throw-away" hidden
        @click=${(event) => throwAway(event.target.form, name)}>${_("Clear the form")}</button>`
        : nothing
    }
  </form>`;
}

async function throwAway(target, name) {
  if (name) await dropDraft(name);
  target.reset();
  for (const input of target.querySelectorAll("[aria-invalid]")) mark(input, "");
  const button = target.querySelector(".throw-away");
  if (button) button.hidden = true;
}

function ask(target, question) {
  const box = target.querySelector(".ask");
  box.hidden = !question;
  box.querySelector("p").textContent = question;
  if (question) box.scrollIntoView({ block: "center" });
}

// The first field that is wrong gets the focus; each has its sentence.
function wellTyped(target) {
  const wrong = [...target.querySelectorAll("input[name], select[required]")].filter((input) =>
    mark(input, faultOf(input)),
  );
  wrong[0]?.focus();
  return !wrong.length;
}

function mark(input, sentence) {
  const place = document.getElementById(`${input.id}-fault`);
  if (!place) return Boolean(sentence);
  place.textContent = sentence;
  if (sentence) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return Boolean(sentence);
}

const filled = new WeakSet();
/** Fill forms that have just been drawn with what was typed into them before. */
export function fillForms() {
  for (const target of document.querySelectorAll("form[data-draft]")) {
    if (filled.has(target)) continue;
    filled.add(target);
    const values = draft(target.dataset.draft);
    for (const [name, value] of Object.entries(values ?? {})) {
      if (target.elements[name]) target.elements[name].value = value;
    }
    target.querySelector(".throw-away").hidden = !values;
  }
}

// Ids of fields: several forms of a page may have a field of the same name. Counted anew with every drawing.
let fields = 0;
export const countFieldsAnew = () => (fields = 0);

/**
 * @param {{ value?: string, type?: string, required?: boolean, hint?: string, mode?: string, most?: number,
 *   check?: string }} [more] `check` names a rule of checks.js
 */
export function field(name, label, more = {}) {
  const { value = "", type = "text", required = false, hint = "", mode, most = 200, check } = more;
  const id = `field-${++fields}`;
  return html`<label for=${id}>${label}</label>
    <input
      id=${id}
      name=${name}
      type=${type}
      value=${value}
      ?required=${required}
      inputmode=${mode ?? nothing}
      maxlength=${most}
      autocomplete="off"
      data-check=${check ?? nothing}
      aria-describedby="${id}-fault"
    />
    <p class="fault" id="${id}-fault" role="alert"></p>
    ${hint ? html`<p class="hint">${hint}</p>` : nothing}`;
}

export function choice(name, label, options, value = "") {
  const id = `field-${++fields}`;
  return html`<label for=${id}>${label}</label>
    <select id=${id} name=${name}>
      ${options.map(([key, word]) => html`<option value=${key} ?selected=${key === value}>${word}</option>`)}
    </select>`;
}

/** A form behind a button. It is in the page only while it is open: two forms there may have a field of one name. */
export const unfold = (key, word, body) =>
  html`<button class="quiet wide" aria-expanded=${unfolded === key}
      @click=${() => ((unfolded = unfolded === key ? "" : key), draw())}>${word}</button>
    ${unfolded === key ? html`<div class="act-form">${body()}</div>` : nothing}`;

// Big buttons to pick one of a few: fewer taps than a list that unfolds.
export const pick = (label, options, value, change) =>
  html`<fieldset class="pick">
    <legend>${label}</legend>
    ${options.map(
      ([key, word]) => html`<button type="button" class=${key === value ? "" : "quiet"} aria-pressed=${key === value}
        @click=${() => change(key)}>${word}</button>`,
    )}
  </fieldset>`;

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

/** What stands in place of a page that shows a depot, where there is none to show. */
export function nobody() {
  if (!session.asked) return html`<p class="notice" role="status">${_("Loading…")}</p>`;
  if (session.me)
    return html`<p class="notice">${session.online ? _("You have no depot. Ask your administrator.") : _("No signal yet: your depot is loaded as soon as there is one.")}</p>`;
  return html`<p class="notice">${_("Sign in to see your depot.")}</p>
    <p><a class="button wide" href="/sign-in?next=/app">${_("Sign in")}</a></p>`;
}
export const known = () => session.me && book.shelves.depot;
// What an entry is about, to be said in whichever language is shown later: a text id, and names as { zh, en }.
export const pair = (row) => ({ zh: row?.zh ?? "", en: row?.en ?? "" });
/** @param {any[]} said what, and what its names stand for */
export function told(said = [""]) {
  const [text, params] = said;
  const word = (value) =>
    Array.isArray(value) ? told(value) : value && typeof value === "object" ? either(value) : value;
  const words = Object.entries(params ?? {}).map(([name, value]) => [name, word(value)]);
  return _(text, Object.fromEntries(words));
}

// Checks that are due: by shelf and plan, one piece after the other, with or without a signal.
import { book } from "../book.js";
import { numberOf, tidy } from "../checks.js";
import { read } from "../codes.js";
import { days } from "../days.js";
import { dueRows, noteAnswered, planOf, renewDue } from "../due.js";
import { nameOf, placeName } from "../gear.js";
import { newId } from "../net.js";
import { photoBox } from "../photos.js";
import { tell } from "../queue.js";
import { scanner } from "../scanner.js";
import {
  N_,
  _,
  badge,
  draw,
  either,
  field,
  form,
  html,
  known,
  labelled,
  nobody,
  nothing,
  pair,
  say,
  toast,
} from "../ui.js";

const STATES = { coming: N_("coming"), due: N_("due now"), overdue: N_("overdue"), blocked: N_("overdue: not ready") };
const BADGES = { coming: "", due: "warn", overdue: "bad", blocked: "bad" };
// The words of the plans that come with the program; an officer's own are shown as written.
const CHOICES = { green: N_("green"), yellow: N_("yellow"), red: N_("red"), off: N_("off") };
const local = { lot: "", scanned: "", skipped: new Set(), photos: [] };
const clear = () => Object.assign(local, { lot: "", scanned: "", photos: [] });
const mark = (one) => html`<span class="badge ${BADGES[one]}">${_(STATES[one])}</span>`;
const limits = (one) => `${one.low ?? ""}–${one.high ?? ""} ${one.unit}`;

// What is not in order by the plan's own limits; the server judges by the same.
function wrong(questions, told) {
  return questions
    .filter((one) => {
      const answer = told[one.key];
      if (one.kind === "yes_no") return answer === "no";
      if (one.kind === "choice") return one.good.length && !one.good.includes(answer);
      if (one.kind !== "reading") return false;
      const value = numberOf(answer);
      return (one.low != null && value < Number(one.low)) || (one.high != null && value > Number(one.high));
    })
    .map((one) => `${either(one)} ${one.kind === "reading" ? `${told[one.key]} (${limits(one)})` : ""}`.trim());
}

// What the answer will bring about, before it does.
function doubt(plan) {
  return (told) => {
    const failed = told.passed === "no" ? [either(plan)] : wrong(plan.questions, told);
    return failed.length
      ? _("Not in order: {what}. A fault is opened, and it no longer counts as ready. Is that right?", {
          what: failed.join("; "),
        })
      : "";
  };
}

function answersOf(plan, told) {
  const value = (one) => {
    if (one.kind === "yes_no") return told[one.key] === "yes";
    if (one.kind === "photo") return local.photos[0]?.id ?? "";
    return one.kind === "reading" ? tidy(told[one.key]) : told[one.key];
  };
  return Object.fromEntries(plan.questions.map((one) => [one.key, value(one)]));
}

async function check(row, plan, told) {
  if (plan.questions.some((one) => one.kind === "photo") && !local.photos.length) {
    toast(_("Add a photo: this check asks for one."), "bad");
    return;
  }
  const id = newId();
  const lot = book.lot.get(row.lot);
  const failed = told.passed === "no" || wrong(plan.questions, told).length > 0;
  const line = {
    thing: local.scanned || row.lot,
    plan: plan.code,
    ...(plan.questions.length ? { answers: answersOf(plan, told) } : { passed: told.passed === "yes" }),
    ...(told.note ? { note: told.note } : {}),
    ...(told.missed ? { missed_because: told.missed } : {}),
  };
  const photos = local.photos;
  await noteAnswered(row, id);
  clear();
  const piece = lot.of?.tracking === "serial";
  const outcome = await tell(
    { id, kind: "check", lines: [line], place: row.place },
    {
      what: [N_("Checked: {name}, {task}"), { name: pair(lot.of), task: pair(plan) }],
      photos,
      sets: failed && piece ? [{ lay: "condition", lot: row.lot, condition: "unfit" }] : [],
    },
  );
  const word = failed ? _("Recorded. A fault is open; it no longer counts as ready.") : _("Recorded: OK.");
  say(outcome, word);
  draw();
}

function question(one) {
  if (one.kind === "photo") return html`<p class="label">${either(one)}</p>${photoBox(local.photos)}`;
  if (one.kind === "reading")
    return field(one.key, `${either(one)} (${limits(one)})`, { mode: "decimal", required: true, check: "reading" });
  const options =
    one.kind === "yes_no"
      ? [
          ["yes", _("yes")],
          ["no", _("no")],
        ]
      : one.choices.map((name) => [name, CHOICES[name] ? _(CHOICES[name]) : name]);
  return asked(one.key, either(one), options, one.kind === "yes_no" ? "yes" : one.good[0]);
}

// What nobody looked at is not in order: no answer is preset. Who finds all in order says so in one tap.
const asked = (key, label, options, good) =>
  html`<label for="answer-${key}">${label}</label>
    <select id="answer-${key}" name=${key} required data-good=${good ?? nothing} aria-describedby="answer-${key}-fault">
      ${[["", _("choose")], ...options].map(([name, word]) => html`<option value=${name}>${word}</option>`)}
    </select>
    <p class="fault" id="answer-${key}-fault" role="alert"></p>`;
function allInOrder({ currentTarget }) {
  for (const answer of currentTarget.form.querySelectorAll("select[data-good]")) {
    answer.value ||= answer.dataset.good;
    answer.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
const inOrder = (plan) =>
  plan.questions.filter((one) => one.kind === "yes_no" || one.good?.length).length > 1
    ? html`<button type="button" class="quiet wide" @click=${allInOrder}>✓ ${_("I looked: all in order")}</button>`
    : nothing;

function piece(row, plan) {
  const lot = book.lot.get(row.lot);
  const questions = plan.questions.length
    ? plan.questions.map(question)
    : asked(
        "passed",
        _("Is it in order?"),
        [
          ["yes", _("yes")],
          ["no", _("no")],
        ],
        "yes",
      );
  return html`<section class="card" aria-label=${nameOf(lot)}>
    <h2>${nameOf(lot)} <span class="soft">${lot.number}</span></h2>
    <p>${mark(row.state)} ${days(row.due_on)} · ${either(plan)} ${badge(lot)}</p>
    <p class="soft">${placeName(row.place)}</p>
    ${form(
      html`${inOrder(plan)}${questions}
      ${field("note", _("Note"), { most: 500 })}
      ${["overdue", "blocked"].includes(row.state) ? field("missed", _("Why were earlier dates missed? (optional)"), { most: 500 }) : nothing}`,
      _("Record the check"),
      (told) => check(row, plan, told),
      { draft: `check ${row.lot} ${plan.code}`, doubt: doubt(plan) },
    )}
    <button class="plain wide" @click=${() => (local.skipped.add(`${row.lot} ${row.plan}`), clear(), draw())}>
      ${_("Skip to the next one")}
    </button>
  </section>`;
}

function scannedOn(rows) {
  return (text) => {
    const found = read(text);
    const row = rows.find((one) => one.lot === found.id);
    if (!row) {
      toast(_("This item is not due for this check here."), "warn");
      return false;
    }
    Object.assign(local, { lot: row.lot, scanned: found.code ?? "", photos: [] });
    return true;
  };
}

function round(place, wanted) {
  const rows = dueRows(place, wanted);
  const plan = planOf(wanted);
  if (!rows.length || !plan)
    return html`<p class="notice good">${_("This check is done on this shelf.")}</p>
      <p><a class="button wide" href="#/checks">${_("All checks that are due")}</a></p>`;
  const open = rows.filter((row) => !local.skipped.has(`${row.lot} ${row.plan}`));
  const row = rows.find((one) => one.lot === local.lot) ?? open[0];
  return html`<p class="soft">${_("{count} left on this shelf", { count: rows.length })}</p>
    ${scanner(`checks-${place}-${wanted}`, scannedOn(rows))}
    ${
      row
        ? piece(row, plan)
        : html`<p class="notice">${_("The rest of this shelf was skipped.")}</p>
          <button class="wide" @click=${() => (local.skipped.clear(), draw())}>${_("Go back to what was skipped")}</button>`
    }`;
}

// What is to do names a thing: its check stands open at once, and the others of its shelf follow.
function ofThing(lot) {
  const row = dueRows().find((one) => one.lot === (local.of ?? lot));
  if (!row)
    return html`<p class="notice good">${_("No check of this item is due.")}</p>
      <p><a class="button wide" href="#/checks">${_("All checks that are due")}</a></p>`;
  if (!local.lot && !local.skipped.size) local.lot = row.lot;
  return round(row.place, row.plan);
}

function groups(place) {
  const found = new Map();
  for (const row of dueRows(place)) {
    const key = `${row.place}/${row.plan}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found];
}

const ORDER = Object.keys(STATES);
function line([key, rows]) {
  const worst = rows.map((row) => row.state).sort((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0];
  return html`<li>
    <a href="#/checks/${key}"
      ><span>${mark(worst)} ${either(planOf(rows[0].plan))}<span class="soft line">${placeName(rows[0].place)}</span></span
      ><b>${rows.length}</b></a
    >
  </li>`;
}

export default {
  title: () => _("Checks due"),
  enter() {
    clear();
    local.skipped.clear();
    renewDue();
  },
  view(place, plan) {
    if (!known()) return nobody();
    if (place === "thing") return ofThing(plan);
    if (plan) return round(place, plan);
    const list = groups(place);
    return html`${place ? html`<p>${labelled(_("Place"), placeName(place))}</p>` : nothing}
      <ul class="list">
        ${list.map(line)}
      </ul>
      ${list.length ? nothing : html`<p class="notice good">${_("No check is due.")}</p>`}`;
  },
};

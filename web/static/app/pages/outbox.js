// What this phone has still to tell, in order, and what became of what it told.
import { book } from "../book.js";
import { icon } from "../icons.js";
import { dismiss, insist, mayWithdraw, onChange, send } from "../queue.js";
import { session } from "../net.js";
import * as store from "../store.js";
import { _, draw, html, moment, nothing, once, sentence, takeBack, told, wayText } from "../ui.js";

const local = { queue: [], done: [], open: 0 };

async function load() {
  [local.queue, local.done] = [await store.waiting(), await store.done()];
  draw();
}

onChange(() => location.hash === "#/outbox" && load()); // it shows how one after the other is told

const act = (verb) => async (record) => {
  await verb(record);
  await load();
};

// As long as what it moved is still where it went.
const possible = ({ undo }) =>
  (undo?.effects ?? []).every(
    ([lot, from, , quantity]) => !from || (book.balance.get(`${from} ${lot}`) ?? 0) >= quantity,
  );
const undoable = (one) =>
  one.undo && !one.undone && one.state === "booked" && one.person === session.me?.id && possible(one);

const undoButton = (one) =>
  html`<button class="quiet wide" @click=${once(() => act((row) => takeBack(row.id))(one))}>${icon("undo")} ${_("Undo")}</button>`;

function waiting(record) {
  const other = record.person !== session.me?.id;
  const refused = record.state === "refused";
  const soft = [
    moment(record.at),
    wayText(record.where),
    record.late ? _("Recorded later") : "",
    other ? _("by {name}: sent once they sign in here", { name: record.name ?? "" }) : "",
  ];
  return html`<li class="card">
    <p>
      <span class="badge ${refused ? "bad" : "warn"}">${refused ? _("refused by the server") : _("waiting")}</span>
      <b>${told(record.what)}</b> <span class="soft line">${soft.filter(Boolean).join(" · ")}</span>
    </p>
    ${refused ? refusal(record) : mayWithdraw(record, local.queue) && !other ? undoButton(record) : nothing}
  </li>`;
}

// What was typed wrong is put aside and done anew. Only what the book lacks may be stood by, in a second step.
const refusal = (record) =>
  html`<p class="notice bad">${sentence(record.problem?.detail ?? _("The server refused this."))}</p>
    ${(record.problem?.errors ?? []).filter((one) => one.message !== record.problem.detail).map((one) => html`<p>${one.message}</p>`)}
    <button class="wide" @click=${once(() => act(dismiss)(record))}>${_("Dismiss")}</button>
    ${
      record.problem?.status === 409
        ? html`<details>
            <summary class="button quiet wide">${_("It happened all the same")}</summary>
            <p>${_("It is recorded as done, and the depot is asked to recount.")}</p>
            <button class="quiet wide" @click=${once(() => act(insist)(record))}>
              ${_("Record it anyway")}
            </button>
          </details>`
        : nothing
    }`;

function became(one) {
  if (one.state === "withdrawn") return html`<span class="badge">${_("undone, not sent")}</span>`;
  if (one.undone) return html`<span class="badge">${_("undone")}</span>`;
  if (one.state === "dismissed") return html`<span class="badge">${_("dismissed")}</span>`;
  if (one.state === "refused") return html`<span class="badge bad">${_("not recorded")}</span>`;
  if (one.result?.discrepancy) return html`<span class="badge warn">${_("recorded; book and shelf differ")}</span>`;
  if (one.result?.asset_refused) return html`<span class="badge warn">${_("recorded without its price")}</span>`;
  return html`<span class="badge good">✓ ${_("recorded")}</span>`;
}

const past = (one) =>
  html`<li class="line">
    <div>
      <button
        class="plain row-button"
        aria-expanded=${local.open === one.seq}
        @click=${() => ((local.open = local.open === one.seq ? 0 : one.seq), draw())}
      >
        <span
          ><b class="name">${told(one.what)}</b>
          <span class="soft line"
            >${moment(one.at)}${one.late ? ` · ${_("Recorded later")}` : ""} ${one.why ?? one.result?.asset_refused ?? ""}</span
          ></span
        >
      </button>
    </div>
    ${became(one)}
    ${
      local.open === one.seq
        ? html`<div class="act-form">
            <p>${wayText(one.where)}</p>
            ${undoable(one) ? undoButton(one) : html`<p class="hint">${one.undo ? _("Too late to undo: the items have moved since.") : _("This can't be undone here.")}</p>`}
          </div>`
        : nothing
    }
  </li>`;

export default {
  public: true,
  title: () => _("Sent and waiting"),
  enter: load,
  view() {
    return html`${
      session.signedOut
        ? html`<p class="notice warn">
                ${_("You are signed out. What waits stays on this phone until you sign in again.")}
              </p>
              <p><a class="button wide" href="/sign-in?next=/app">${_("Sign in")}</a></p>`
        : nothing
    }
      ${
        local.queue.length
          ? html`<ul class="plain-list">
                ${local.queue.map(waiting)}
              </ul>
              <button class="quiet wide" @click=${once(async () => (await send(), load()))}>${_("Send now")}</button>`
          : html`<p class="notice good">${_("Nothing is waiting: everything has been sent.")}</p>`
      }
      ${
        local.done.length
          ? html`<h2>${_("Status")}</h2>
              <ul class="basket">
                ${local.done.map(past)}
              </ul>`
          : nothing
      }`;
  },
};

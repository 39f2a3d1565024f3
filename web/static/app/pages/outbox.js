// What this phone has still to tell, in order, and what became of what it told.
import { dismiss, insist, onChange, send } from "../queue.js";
import { session } from "../net.js";
import * as store from "../store.js";
import { _, draw, html, moment, nothing, once, told } from "../ui.js";

const local = { queue: [], done: [] };

async function load() {
  [local.queue, local.done] = [await store.waiting(), await store.done()];
  draw();
}

onChange(() => location.hash === "#/outbox" && load()); // it shows how one after the other is told

const act = (verb) => async (record) => {
  await verb(record);
  await load();
};

function waiting(record) {
  const other = record.person !== session.me?.id;
  return html`<li class="card"><p><span class="badge ${record.state === "refused" ? "bad" : "warn"}">${record.state === "refused" ? _("refused by the server") : _("waiting")}</span> <b>${told(record.what)}</b>
      <span class="soft line">${moment(record.at)}${record.late ? ` · ${_("told late")}` : ""}${other ? ` · ${_("of {name}: sent once they sign in here", { name: record.name ?? "" })}` : ""}</span></p>
    ${record.state === "refused"
      ? html`<p class="notice bad">${record.problem?.detail ?? _("The server refused this.")}</p>
          <button class="wide" @click=${once(() => act(insist)(record))}>${_("It did happen: book it all the same")}</button>
          <button class="quiet wide" @click=${once(() => act(dismiss)(record))}>${_("It did not happen: put it aside")}</button>`
      : nothing}</li>`;
}

function became(one) {
  if (one.state === "dismissed") return html`<span class="badge">${_("put aside")}</span>`;
  if (one.state === "refused") return html`<span class="badge bad">${_("not booked")}</span>`;
  if (one.result?.discrepancy) return html`<span class="badge warn">${_("booked, book and shelf differ")}</span>`;
  return html`<span class="badge good">✓ ${_("booked")}</span>`;
}

const past = (one) => html`<li class="line"><div><b class="name">${told(one.what)}</b><span class="soft line">${moment(one.at)}${one.late ? ` · ${_("told late")}` : ""} ${one.why ?? ""}</span></div>${became(one)}</li>`;

export default {
  public: true,
  title: () => _("Sent and waiting"),
  enter: load,
  view() {
    return html`${session.signedOut ? html`<p class="notice warn">${_("You are signed out. What waits stays on this phone until you sign in again.")}</p><p><a class="button wide" href="/sign-in?next=/app">${_("Sign in")}</a></p>` : nothing}
      ${local.queue.length ? html`<ul class="plain-list">${local.queue.map(waiting)}</ul><button class="quiet wide" @click=${once(async () => (await send(), load()))}>${_("Send now")}</button>` : html`<p class="notice good">${_("Nothing waits: everything is told.")}</p>`}
      <h2>${_("What became of it")}</h2><ul class="basket">${local.done.map(past)}</ul>`;
  },
};

// Transfers of my depot, either way, and asking for one.
import { code, fromServer } from "../book.js";
import { tidy } from "../checks.js";
import { icon } from "../icons.js";
import { ask } from "../net.js";
import { tell } from "../queue.js";
import {
  KEEP,
  N_,
  _,
  draw,
  either,
  field,
  form,
  go,
  html,
  known,
  listed,
  moment,
  nobody,
  nothing,
  say,
  toast,
} from "../ui.js";

export const STATES = {
  requested: N_("asked for"),
  sent: N_("on the way"),
  rejected: N_("rejected"),
  closed: N_("closed"),
  cancelled: N_("called off"),
};
/** What a transfer waits for, as this side sees it. */
export function waitsFor({ state, giving }) {
  if (giving && state === "requested") return _("to send");
  if (!giving && state === "sent") return _("to receive");
  return _(STATES[state]);
}
const local = { asking: false, depots: [], items: [], item: undefined, other: undefined };

async function search(list, path, words) {
  const answer = await ask("GET", `${path}?q=${encodeURIComponent(words)}&limit=8`);
  local[list] = answer.body?.items ?? [];
  draw();
}

async function send({ quantity, reason, way }) {
  if (!local.item || !local.other) {
    toast(!local.other ? _("Choose the other depot.") : _("Choose what is asked for."), "bad");
    return KEEP;
  }
  const [giver, receiver] = way === "send" ? [code, local.other.code] : [local.other.code, code];
  const outcome = await tell(
    { kind: "ask-transfer", giver, receiver, lines: [{ item: local.item.code, quantity: tidy(quantity) }], reason },
    {
      what: [
        N_("Transfer asked for: {name} × {quantity}"),
        { name: { zh: local.item.name_zh, en: local.item.name_en }, quantity },
      ],
    },
  );
  if (say(outcome, _("Asked for."))) Object.assign(local, { asking: false, item: undefined, other: undefined });
  go("transfers");
  draw();
}

// A box that finds by typing; one tap picks.
const finder = (list, picked, label, path, name) =>
  html`<label for="find-${list}">${label}</label> ${
    local[picked]
      ? html`<p>
            <b>${name(local[picked])}</b>
            <button class="plain" @click=${() => ((local[picked] = undefined), draw())}>${_("another")}</button>
          </p>`
      : html`<input
              id="find-${list}"
              type="search"
              autocomplete="off"
              @input=${(event) => search(list, path, event.target.value)}
            />
            <ul class="list">
              ${local[list].map(
                (row) =>
                  html`<li>
                    <button class="plain row-button" @click=${() => ((local[picked] = row), draw())}>
                      ${name(row)} <span class="soft">${row.code}</span>
                    </button>
                  </li>`,
              )}
            </ul>`
  }`;

const asking = () =>
  html`<section class="card">
    <h2>${_("Ask for a transfer")}</h2>
    ${finder("depots", "other", _("The other depot"), "/api/depots", (row) => either(row, "name_"))}
    ${finder("items", "item", _("What?"), "/api/items", (row) => either(row, "name_"))}
    ${form(
      html`${field("quantity", _("How many?"), { value: "1", mode: "decimal", required: true, check: "quantity" })}${field("reason", _("Why?"))}
        <label for="f-way">${_("Which way?")}</label
        ><select id="f-way" name="way">
          <option value="get">${_("to us")}</option>
          <option value="send">${_("from us")}</option>
        </select>`,
      _("Ask"),
      send,
      { draft: "ask-transfer" },
    )}
  </section>`;

const row = (one) =>
  html`<li>
    <a href="#/transfer/${one.id}"
      ><span
        ><span aria-hidden="true">${icon(one.giving ? "send" : "receive")}</span> ${either(one, "other_")}<span class="soft line"
          >${listed(one.wanted.map((line) => `${either(line)} × ${line.quantity}`))} ·
          ${moment(one.sent_at ?? one.asked_at)}</span
        ></span
      >
      <span class="badge ${one.state === "rejected" ? "bad" : "warn"}">${waitsFor(one)}</span></a
    >
  </li>`;

export default {
  title: () => _("Transfers"),
  enter: () => Object.assign(local, { asking: false, item: undefined, other: undefined, depots: [], items: [] }),
  view() {
    if (!known()) return nobody();
    const rows = fromServer("transfers");
    return html`${
      local.asking
        ? asking()
        : html`<p><button class="wide"
        @click=${() => ((local.asking = true), draw())}>${icon("transfer")} ${_("Ask for a transfer")}</button></p>`
    }
      <ul class="list">
        ${rows.map(row)}
      </ul>
      ${rows.length || local.asking ? nothing : html`<p class="notice good">${_("No transfer is open.")}</p>`}`;
  },
};

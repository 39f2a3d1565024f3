// Controlled gear: a second person confirms on their own phone before it is taken (T96).
import { fromServer } from "../book.js";
import { session } from "../net.js";
import { tell } from "../queue.js";
import { renew } from "../renewal.js";
import { N_, _, draw, either, html, known, moment, nobody, nothing, once, pair, say } from "../ui.js";

const LOOK_AGAIN = 4_000; // milliseconds, while this page is open and somebody waits
let timer;

async function look() {
  clearTimeout(timer);
  if (!location.hash.startsWith("#/witness")) return;
  if (document.visibilityState === "visible" && session.online) {
    await renew();
    draw();
  }
  timer = setTimeout(look, LOOK_AGAIN);
}

async function answer(row, agree) {
  const what = [agree ? N_("Confirmed: {name}") : N_("Not confirmed: {name}"), { name: pair(row) }];
  const set = agree
    ? { lay: "row", in: "hand_outs", id: row.id, set: { agreed: true, may_confirm: false, witness: session.me?.name } }
    : { lay: "gone", in: "hand_outs", id: row.id };
  say(
    await tell({ kind: "witness", hand_out: row.id, agree }, { what, sets: [set] }),
    agree ? _("Confirmed in your name.") : _("Refused."),
  );
}

const card = (row) =>
  html`<section class="card">
    <p>
      <b>${either(row)}</b> <span class="soft">${row.number}</span> × ${row.quantity}<span class="soft line"
        >${row.asked_by} ·
        ${_("until {time}", { time: moment(row.until).slice(-5) })}${
          row.reason ? html` · ${row.reason}` : nothing
        }</span
      >
    </p>
    ${
      row.may_confirm
        ? html`<button class="wide" @click=${once(() => answer(row, true))}>${_("I have seen it: confirm")}</button>
            <p><button class="quiet wide" @click=${once(() => answer(row, false))}>${_("Do not confirm")}</button></p>`
        : row.agreed
          ? html`<p class="notice good">${_("Confirmed by {who}", { who: row.witness })}</p>
              ${
                row.mine && row.lot
                  ? html`<a class="button wide" href="#/thing/${row.lot}">${_("Take it")}</a>`
                  : nothing
              }`
          : html`<p class="notice warn">${_("Waiting for a second person to confirm on their own phone.")}</p>`
    }
  </section>`;

export default {
  title: () => _("Two-person issue"),
  enter: look,
  view() {
    if (!known()) return nobody();
    const rows = fromServer("hand_outs");
    return html`${rows.map(card)}${rows.length ? nothing : html`<p class="notice good">${_("Nothing is waiting for a second person.")}</p>`}`;
  },
};

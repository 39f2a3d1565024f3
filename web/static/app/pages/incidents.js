// The call-outs of my depot: open ones, and those whose paper is not done.
import { lists } from "../gear.js";
import { icon } from "../icons.js";
import { _, html, known, moment, nobody, nothing } from "../ui.js";
import { CHANNELS, KINDS } from "./incident.js";

const row = (one) =>
  html`<li>
    <a href="#/incident/${one.id}"
      ><span class="kind"
        ><b>${_(KINDS[one.what])}</b> ${one.place}<span class="soft line"
          >${moment(one.opened_at)} · ${_(CHANNELS[one.channel])}
          ${one.waiting ? `· ${_("waiting to be sent")}` : ""}</span
        ></span
      >
      ${
        one.closed
          ? html`<span class="badge warn">${_("no approval yet")}</span>`
          : html`<span class="badge bad">${_("under way")}</span>`
      }</a
    >
  </li>`;

export default {
  title: () => _("Call-outs"),
  view() {
    if (!known()) return nobody();
    const rows = lists("incidents");
    return html`<p><a class="button wide" href="#/incident/new">${icon("callout")} ${_("New call-out")}</a></p>
      <ul class="list">
        ${rows.map(row)}
      </ul>
      ${rows.length ? nothing : html`<p class="notice good">${_("No call-out is open.")}</p>`}`;
  },
};

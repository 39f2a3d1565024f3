// Products that keepers scanned and nobody knows: an officer says what they are.
import { book, fromServer } from "../book.js";
import { ask } from "../net.js";
import { tell } from "../queue.js";
import { N_, _, choice, draw, either, field, form, html, known, nobody, nothing, once, say } from "../ui.js";

const local = { open: "", found: [], categories: [] };

async function decide(proposal, more, done) {
  const outcome = await tell(
    { kind: "decide-proposal", proposal: proposal.id, ...more },
    {
      what: [N_("Product decided: {name}"), { name: proposal.name }],
      sets: [{ lay: "gone", in: "proposals", id: proposal.id }],
    },
  );
  if (say(outcome, done)) local.open = "";
  draw();
}

async function search(words) {
  local.found = (await ask("GET", `/api/items?q=${encodeURIComponent(words)}&limit=8`)).body?.items ?? [];
  draw();
}

const fresh = (proposal) =>
  form(
    html`${field("code", _("Code in the catalogue"), { required: true, most: 32 })}${field("name_zh", _("Chinese name"), { required: true, value: proposal.name })}${field("name_en", _("English name"), { required: true })}
    ${choice(
      "category",
      _("Category"),
      [...new Set(book.shelves.items.map((row) => row.category))].sort().map((one) => [one, one]),
    )}
    ${field("unit_zh", _("Unit, Chinese"), { required: true, value: proposal.unit })}${field("unit_en", _("Unit, English"), { required: true, value: "piece" })}`,
    _("Enter it as a new item"),
    (new_item) => decide(proposal, { approve: true, new_item }, _("Entered.")),
    { quiet: true, draft: `product ${proposal.id}` },
  );

const card = (proposal) =>
  html`<section class="card">
    <p>
      <b>${proposal.name}</b>
      <span class="soft"
        >${proposal.gtin ?? proposal.raw} · ${_("packs of {count}", { count: proposal.contains })}
        ${proposal.note}</span
      >
    </p>
    ${
      local.open === proposal.id
        ? html`<label for="item">${_("It is this item of the catalogue")}</label
            ><input id="item" type="search" autocomplete="off" @input=${(event) => search(event.target.value)} />
            <ul class="list">
              ${local.found.map(
                (row) =>
                  html`<li>
                    <button
                      class="plain row-button"
                      @click=${once(() => decide(proposal, { approve: true, item: row.code }, _("Saved for next time.")))}
                    >
                      ${either(row, "name_")} <span class="soft">${row.code}</span>
                    </button>
                  </li>`,
              )}
            </ul>
            ${fresh(proposal)}
            <p>
              <button class="quiet wide" @click=${once(() => decide(proposal, { approve: false }, _("Rejected.")))}>
                ${_("Reject it")}
              </button>
            </p>`
        : html`<button
            class="wide quiet"
            @click=${() => (Object.assign(local, { open: proposal.id, found: [] }), draw())}
          >
            ${_("Decide")}
          </button>`
    }
  </section>`;

export default {
  title: () => _("New products"),
  view() {
    if (!known()) return nobody();
    const rows = fromServer("proposals");
    const none = html`<p class="notice good">${_("No product is waiting for a decision.")}</p>`;
    return html`${rows.map(card)}${rows.length ? nothing : none}`;
  },
};

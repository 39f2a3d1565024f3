// Counting place by place: what stocktake and handover share. Blank is not nought; each place is told as it is done.
import { book, nameOf, placeName, stockAt } from "./book.js";
import { read } from "./codes.js";
import { tell } from "./queue.js";
import { scanner } from "./scanner.js";
import { N_, _, badge, draw, html, nothing, once, say, stepper, toast } from "./ui.js";

export class Walk {
  constructor(count, { blind = false, round = 1, only = undefined } = {}) {
    Object.assign(this, { count, blind, round, only, place: "", values: new Map(), done: new Set(JSON.parse(localStorage.getItem(`walk:${count.id}:${round}`) ?? "[]")) });
  }

  // The lots of a place that are to be counted, and those found there that the book has elsewhere.
  rows() {
    const rows = stockAt(this.place).filter((row) => !this.only || this.only.some((line) => line.lot === row.lot.id && line.place === this.place));
    const known = new Set(rows.map((row) => row.lot.id));
    const found = [...this.values.keys()].filter((id) => !known.has(id)).map((id) => ({ place: this.place, lot: book.lot.get(id), quantity: 0 }));
    return [...rows, ...found];
  }

  open(place) {
    Object.assign(this, { place, values: new Map() });
    draw();
  }

  scanned(text) {
    const code = read(text);
    if (code.kind === "place" && this.count.places.includes(code.id)) {
      this.open(code.id);
      return true;
    }
    const lot = book.lot.get(code.id);
    if (!lot || !this.place) {
      toast(lot ? _("Choose the place first.") : _("This is not known at this depot."), "warn");
      return false;
    }
    this.values.set(lot.id, lot.of?.tracking === "serial" ? 1 : (this.values.get(lot.id) ?? 0) + 1);
    return true;
  }

  async send() {
    const { place } = this;
    const lines = [...this.values].filter(([, value]) => value !== null && value !== undefined).map(([thing, value]) => ({ thing, quantity: String(value) }));
    const outcome = await tell({ kind: "count", count: this.count.id, place: this.place, lines, round: this.round }, { what: [N_("Counted: {name}"), { name: { zh: book.place.get(this.place)?.zh, en: book.place.get(this.place)?.en } }] });
    if (outcome.state !== "refused") this.done.add(place);
    localStorage.setItem(`walk:${this.count.id}:${this.round}`, JSON.stringify([...this.done]));
    if (say(outcome, _("Counted."))) this.open(this.next() ?? "");
  }

  next() {
    return this.places().find((id) => !this.done.has(id) && id !== this.place);
  }

  // In shelf order; empty places are walked past unless they are the only ones.
  places() {
    const wanted = book.shelves.places.filter((row) => this.count.places.includes(row.id)).map((row) => row.id);
    if (this.only) return wanted.filter((id) => this.only.some((line) => line.place === id));
    const stocked = wanted.filter((id) => stockAt(id).length);
    return stocked.length ? stocked : wanted;
  }

  view() {
    const places = this.places();
    const left = places.filter((id) => !this.done.has(id)).length;
    return html`<progress max=${places.length} value=${places.length - left} aria-label=${_("Places done")}></progress>
      ${scanner(`walk-${this.count.id}`, (text) => this.scanned(text))}
      ${this.place ? this.placeView() : html`<ul class="list">${places.map((id) => html`<li><button class="plain row-button" @click=${() => this.open(id)}><span>${placeName(id)}</span> <span>${this.done.has(id) ? html`<span class="badge good">✓</span>` : "›"}</span></button></li>`)}</ul>`}`;
  }

  placeView() {
    return html`<h2>${placeName(this.place)}</h2>
      <ul class="basket">${this.rows().map((row) => this.line(row))}</ul>
      <p class="hint">${_("A line left blank is not counted; it is not nought.")}</p>
      <button class="wide" ?disabled=${!this.values.size} @click=${once(() => this.send())}>${_("This place is done")}</button>
      <p><button class="quiet wide" @click=${() => this.open("")}>${_("All places")}</button></p>`;
  }

  line({ lot, quantity }) {
    return html`<li class="line"><div><b class="name">${nameOf(lot)}</b> <span class="soft line">${lot.number}</span>${badge(lot)}</div>
      <div class="line-end">${stepper(nameOf(lot), this.values.get(lot.id) ?? null, (value) => (this.values.set(lot.id, value), draw()), { blank: true })}
      ${this.blind || !quantity ? nothing : html`<button class="quiet" @click=${() => (this.values.set(lot.id, quantity), draw())}>✓ ${quantity}</button>`}</div></li>`;
  }
}

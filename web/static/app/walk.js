// Counting place by place: what stocktake and handover share. Blank is not nought; each place is told as it is done.
import { book } from "./book.js";
import { muchMore } from "./checks.js";
import { read } from "./codes.js";
import { draft, keepDraft } from "./drafts.js";
import { nameOf, placeName, stockAt } from "./gear.js";
import { now } from "./net.js";
import { tell } from "./queue.js";
import { scanner } from "./scanner.js";
import { sweepForm, sweepReport } from "./sweep.js";
import { N_, _, badge, draw, html, nothing, once, say, stepper, toast, unfold } from "./ui.js";

export class Walk {
  constructor(count, { blind = false, round = 1, only = undefined } = {}) {
    const begun = draft(`walk ${count.id} ${round}`) ?? {};
    const { place = "", values = new Map(), done = new Set() } = begun;
    this.count = count;
    this.blind = blind;
    this.round = round;
    this.only = only;
    this.place = place;
    this.values = values;
    this.done = done;
    this.doubt = "";
    this.swept = undefined;
  }

  // Counted and not yet sent: kept until it is.
  save() {
    this.doubt = "";
    const { place, values, done } = this;
    keepDraft(`walk ${this.count.id} ${this.round}`, { place, values, done });
    draw();
  }

  set(lot, value) {
    this.values.set(lot, value);
    this.save();
  }

  // The lots of a place that are to be counted, and those found there that the book has elsewhere.
  rows() {
    const rows = stockAt(this.place).filter(
      (row) => !this.only || this.only.some((line) => line.lot === row.lot.id && line.place === this.place),
    );
    const known = new Set(rows.map((row) => row.lot.id));
    const found = [...this.values.keys()]
      .filter((id) => !known.has(id))
      .map((id) => ({ place: this.place, lot: book.lot.get(id), quantity: 0 }));
    return [...rows, ...found];
  }

  open(place) {
    Object.assign(this, { place, values: place === this.place ? this.values : new Map(), swept: undefined });
    this.save();
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
    this.set(lot.id, lot.of?.tracking === "serial" ? 1 : (this.values.get(lot.id) ?? 0) + 1);
    return true;
  }

  // What is far from the book is asked back once; a blind count says no more than that.
  doubtful() {
    const far = this.rows().find(({ lot, quantity }) => muchMore(this.values.get(lot.id) ?? 0, quantity));
    if (!far) return "";
    return _("Is {count} of {name} right?", { count: this.values.get(far.lot.id), name: nameOf(far.lot) });
  }

  async send() {
    const { place } = this;
    if (!this.doubt && (this.doubt = this.doubtful())) return draw();
    const lines = [...this.values]
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([thing, value]) => ({ thing, quantity: String(value) }));
    const outcome = await tell(
      { kind: "count", count: this.count.id, place: this.place, lines, round: this.round },
      {
        what: [
          N_("Counted: {name}"),
          { name: { zh: book.place.get(this.place)?.zh, en: book.place.get(this.place)?.en } },
        ],
      },
    );
    if (outcome.state !== "refused") {
      this.done.add(place);
      this.values = new Map();
      this.save();
    }
    if (say(outcome, _("Counted."))) this.open(this.next() ?? "");
  }

  // In a walk that is not blind: every line is as the book says, in one tap.
  async allRight() {
    for (const { lot, quantity } of this.rows()) this.values.set(lot.id, this.values.get(lot.id) ?? quantity);
    await this.send();
  }

  sealOf(place) {
    const around = book.place.get(place)?.parent;
    return this.blind ? undefined : book.shelves.seals.find((seal) => [place, around].includes(seal.place));
  }

  // A kit whose seal is whole stands for what is in it.
  async sealed(seal) {
    const outcome = await tell(
      { kind: "check-seal", place: seal.place, number: seal.number, whole: true },
      {
        what: [
          N_("Seal checked: {name}"),
          { name: { zh: book.place.get(seal.place)?.zh, en: book.place.get(seal.place)?.en } },
        ],
        sets: [{ lay: "checked", place: seal.place, at: now().toISOString() }],
      },
    );
    if (!say(outcome, _("The seal is whole: checked by the dates on record."))) return;
    for (const id of this.places()) if (this.sealOf(id)?.place === seal.place) this.done.add(id);
    this.values = new Map();
    this.open(this.next() ?? "");
  }

  next() {
    const left = this.places().filter((id) => !this.done.has(id) && id !== this.place);
    return left.find((id) => this.share().has(id)) ?? (this.share().size ? undefined : left[0]);
  }

  // What is this shift's turn to look at; empty: everything.
  share() {
    return new Set(this.count.share ?? []);
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
    const share = this.share();
    const turn = share.size ? places.filter((id) => share.has(id)) : places;
    const left = turn.filter((id) => !this.done.has(id)).length;
    return html`${
      share.size
        ? html`<p class="hint">${_("This shift looks at {count} places; the others have their turn on other days.", { count: turn.length })}</p>`
        : nothing
    }
      <p class="hint">${_("{done} of {count} places done", { done: turn.length - left, count: turn.length })}</p>
      <progress max=${turn.length} value=${turn.length - left} aria-label=${_("Places done")}></progress>
      ${scanner(`walk-${this.count.id}`, (text) => this.scanned(text))}
      ${
        this.place
          ? this.placeView()
          : html`<ul class="list">
              ${[...turn, ...places.filter((id) => !turn.includes(id))].map(
                (id) =>
                  html`<li>
                    <button class="plain row-button" @click=${() => this.open(id)}>
                      <span>${placeName(id)}</span>
                      <span
                        >${
                          this.done.has(id)
                            ? html`<span class="badge good">✓</span>`
                            : share.has(id)
                              ? html`<span class="badge warn">${_("this shift")}</span>`
                              : "›"
                        }</span
                      >
                    </button>
                  </li>`,
              )}
            </ul>`
      }`;
  }

  placeView() {
    const seal = this.sealOf(this.place);
    return html`<h2>${placeName(this.place)}</h2>
      ${
        seal
          ? html`<button class="wide" @click=${once(() => this.sealed(seal))}>${_("Seal {number} is whole", { number: seal.number })}</button>`
          : nothing
      }
      ${
        this.blind || !this.rows().length
          ? nothing
          : html`<button class="wide" @click=${once(() => this.allRight())}>✓ ${_("All as the book says")}</button>`
      }
      <ul class="basket">
        ${this.rows().map((row) => this.line(row))}
      </ul>
      ${unfold(`sweep ${this.place}`, _("Read RFID tags"), () => this.sweepView())}
      ${this.swept ? sweepReport(this.place, this.swept) : nothing}
      <p class="hint">${_("A line left blank is not counted; it does not count as 0.")}</p>
      ${this.doubt ? html`<p class="notice warn" role="alert">${this.doubt}</p>` : nothing}
      <button class="wide" ?disabled=${!this.values.size} @click=${once(() => this.send())}>
        ${this.doubt ? _("Yes, that is right") : _("This place is done")}
      </button>
      ${
        this.values.size
          ? html`<button class="plain wide"
          @click=${() => ((this.values = new Map()), this.save())}>${_("Discard what is counted here")}</button>`
          : nothing
      }
      <p><button class="quiet wide" @click=${() => this.open("")}>${_("All places")}</button></p>`;
  }

  sweepView() {
    return sweepForm(
      this.place,
      (lot, count) => book.lot.has(lot) && this.values.set(lot, count),
      (swept) => ((this.swept = swept), this.save()),
    );
  }

  line({ lot, quantity }) {
    return html`<li class="line">
      <div><b class="name">${nameOf(lot)}</b> <span class="soft line">${lot.number}</span>${badge(lot)}</div>
      <div class="line-end">
        ${stepper(nameOf(lot), this.values.get(lot.id) ?? null, (value) => this.set(lot.id, value), { blank: true, piece: lot.of?.tracking === "serial" })}
        ${
          this.blind || !quantity
            ? nothing
            : html`<button class="quiet"
            @click=${() => this.set(lot.id, quantity)}>✓ ${quantity}</button>`
        }
      </div>
    </li>`;
  }
}

// A list by keyboard: j and k go through the rows, x chooses, X chooses all from the row chosen last, o opens, m goes
// to what can be done with the chosen, n and p turn the page, g groups, v saves the view; chips, order and pages change
// in place, and what was chosen on one page stays chosen on the next.
import { commands, writes } from "./keys.js";

const rows = () => [...document.querySelectorAll(".list-table tbody tr")];
const boxes = () => [...document.querySelectorAll(".list-table input[name=id]")];
const picked = new Set();
let at = -1;
let last = -1; // the row that was chosen last
let folded = matchMedia("(max-width: 61.99rem)").matches; // a phone shows the rows first

function stand(place) {
  const all = rows();
  all[at]?.classList.remove("at");
  at = place;
  all[at]?.classList.add("at");
}

function go(place) {
  const all = rows();
  if (!all.length) return;
  stand(Math.max(0, Math.min(all.length - 1, place)));
  all[at].scrollIntoView({ block: "nearest" });
  (all[at].querySelector("input[name=id]") ?? all[at].querySelector("a"))?.focus({ preventScroll: true });
}

// The row that has the focus is the one that keys are about, however the focus came there
document.addEventListener("focusin", (event) => {
  const row = rows().indexOf(event.target.closest?.("tr"));
  if (row >= 0) stand(row);
});

function show() {
  const fold = document.querySelector("details.fold");
  if (fold) fold.open = !folded;
  for (const box of boxes()) box.checked = picked.has(box.value);
  document.querySelector("#bulk")?.classList.toggle("picking", picked.size > 0);
  const number = document.querySelector("#picked");
  if (number) number.textContent = String(picked.size);
}

function pick(box) {
  if (box.checked) picked.add(box.value);
  else picked.delete(box.value);
}

// From the row that was chosen last to this one: all as that one is
function pickTo(place) {
  const [all, first] = [rows(), last < 0 ? place : last];
  const on = last < 0 || all[first].querySelector("input[name=id]").checked;
  for (const row of all.slice(Math.min(first, place), Math.max(first, place) + 1)) {
    const box = row.querySelector("input[name=id]");
    box.checked = on;
    pick(box);
  }
  last = place;
  show();
}

document.addEventListener("click", (event) => {
  if (!event.target.matches?.(".list-table input[name=id]")) return;
  const row = rows().indexOf(event.target.closest("tr"));
  if (event.shiftKey && last >= 0) pickTo(row);
  else last = row;
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.(".fold > summary")) folded = event.target.closest(".fold").open;
});

document.addEventListener("change", (event) => {
  if (event.target.id === "pick-all")
    for (const box of boxes()) {
      box.checked = event.target.checked;
      pick(box);
    }
  else if (event.target.matches?.(".list-table input[name=id]")) pick(event.target);
  else return;
  show();
});

// What was chosen on other pages goes with the form
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (form.id !== "bulk" || button?.name !== "act") return;
  const here = new Set(boxes().map((box) => box.value));
  for (const id of picked) {
    if (here.has(id)) continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "id", value: id });
    form.append(field);
  }
});

function press(selector) {
  /** @type {HTMLElement | null} */
  const found = document.querySelector(selector);
  if (found?.matches("summary")) {
    found.parentElement.toggleAttribute("open", true);
    found.parentElement.querySelector("input:not([type=hidden])")?.focus();
  } else if (found?.matches(".chip")) found.focus();
  else found?.click();
  return found !== null;
}

const KEYS = {
  j: () => go(at + 1),
  k: () => go(at - 1),
  x: () => at >= 0 && rows()[at].querySelector("input[name=id]")?.click(),
  X: () => at >= 0 && boxes().length && pickTo(at),
  m: () => picked.size && document.querySelector(".bulk button:not(#pick-none)")?.focus(),
  o: () => at >= 0 && rows()[at].querySelector("td a")?.click(),
  n: () => press("a[rel=next]"),
  p: () => press("a[rel=first]"),
  g: () => press("#groups a"),
  v: () => press("#save-view"),
};

function act(key) {
  const button = document.querySelector(`.bulk [data-key="${CSS.escape(key)}"]`);
  if (!button || !picked.size) return false;
  const asks = button.parentElement.querySelector("input");
  if (asks && !asks.value) asks.focus();
  else button.click();
  return true;
}

// What stands open over the list is closed by Escape; a link that is called a button obeys the space bar as one
function ofTheOpen(event) {
  const open = event.target.closest?.("details.more[open]") ?? document.querySelector("details.more[open]");
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (event.key === "Escape" && event.target.closest?.(".bulk")) {
    go(last);
  } else if (event.key === " " && event.target.matches?.("a[role=button]")) event.target.click();
  else return false;
  event.preventDefault();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (ofTheOpen(event) || writes(event.target) || !commands(event)) return;
  if (act(event.key)) event.preventDefault();
  else if (Object.hasOwn(KEYS, event.key)) {
    KEYS[event.key]();
    event.preventDefault();
  }
});

// A chip without its count, which the new page may have changed
const wordOf = (chip) => chip?.firstChild?.textContent.trim();

// Links of the list itself bring the page anew in place: the reader's place and the focus stay
async function bring(address, push) {
  const answer = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return location.assign(address); // the browser says what is wrong, and tries again
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = document.activeElement;
  const row = before?.closest(".chip-row")?.getAttribute("aria-label");
  const chip = wordOf(before);
  const column = /** @type {HTMLTableCellElement | null} */ (before?.closest("thead th"))?.cellIndex;
  document.querySelector("main").replaceChildren(...fresh.querySelector("main").childNodes);
  if (push) history.pushState({}, "", address);
  at = last = -1;
  show();
  if (column !== undefined) document.querySelector(`thead th:nth-child(${column + 1}) a`)?.focus();
  else if (!row) go(0);
  if (document.activeElement === document.body) document.querySelector("#groups .on, #main").focus();
  if (!row) return;
  const chips = [...document.querySelectorAll(`.chip-row[aria-label="${CSS.escape(row)}"] a`)];
  (chips.find((one) => wordOf(one) === chip) ?? chips[0])?.focus({ preventScroll: true });
}

// Other filters are another list: what was chosen in the old one is not acted on unseen
const filters = (address) => {
  const asked = new URL(address, location.href).searchParams;
  for (const name of ["sort", "hide", "show", "cursor", "done"]) asked.delete(name);
  return asked.toString();
};

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#pick-none")) {
    picked.clear();
    show();
    return;
  }
  const link = event.target.closest?.("main .chip-row a, .list-table thead a, .turn a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (filters(link.href) !== filters(location.href)) picked.clear();
  bring(link.href, true);
});
addEventListener("popstate", () => {
  picked.clear();
  bring(location.href, false);
});
for (const box of boxes()) pick(box); // ticked before this script was there
show();

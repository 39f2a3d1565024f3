// Where the reader stood: an act leads back to its page and a link's page leads back with "back", and both come as new
// pages. The focus goes to the same control again, or to what has taken its place (WCAG 2.4.3).
const STOOD = "stood"; // by address: the control that had the focus as the page was left
const ACTED = "acted"; // the page whose form was sent last
const MOST = 20; // addresses remembered
const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

/** @typedef {{mark: string, nth: number, word: string, place: number, row: number}} Stand */

/** @param {string} name */
const stored = (name) => JSON.parse(sessionStorage.getItem(name) ?? "{}");

/** @param {HTMLElement} control */
const wordOf = (control) => control.ariaLabel ?? control.textContent?.trim().slice(0, 80) ?? "";

/** @param {any} control */
const kindOf = (control) => `${control.tagName} ${control.getAttribute("name") ?? ""} ${wordOf(control)}`;

// What only this control has: where it leads, what it sends and to where
/** @param {any} control */
function markOf(control) {
  const to = control.getAttribute("href") ?? control.getAttribute("formaction") ?? control.form?.getAttribute("action");
  return [kindOf(control), to, control.type === "search" ? "" : control.getAttribute("value"), control.id].join(" ");
}

// What is done to many rows is done to the first of them, as far as the reader's place goes
/** @param {Element} control */
const rowOf = (control) =>
  control.closest(".bulk") ? document.querySelector("tbody tr:has(:checked)") : control.closest("tbody tr, main li");

const rows = () => [...document.querySelectorAll("main tbody tr, main li")];
const controls = () =>
  [...document.querySelectorAll(CONTROLS)].filter((control) => control.checkVisibility() && !control.disabled);

/** @param {any} control @returns {Stand} */
function standOf(control) {
  const [mark, word, row] = [markOf(control), kindOf(control), rowOf(control)];
  const same = controls().filter((other) => kindOf(other) === word);
  return {
    mark,
    nth: same.filter((other) => markOf(other) === mark).indexOf(control), // ten rows may lead to one depot
    word,
    place: same.indexOf(control),
    row: row ? rows().indexOf(row) : -1,
  };
}

/** The same control; else the one that says the same in its place, which is the next row's; else what its row has.
 * @param {Stand} stand */
function takenBy(stand) {
  const all = controls();
  const same = all.filter((control) => kindOf(control) === stand.word);
  const own = same.filter((control) => markOf(control) === stand.mark);
  const row = rows()[Math.min(stand.row, rows().length - 1)];
  return (
    own[Math.min(stand.nth, own.length - 1)] ??
    same[Math.min(stand.place, same.length - 1)] ??
    (stand.row < 0 ? null : controls().find((control) => row?.contains(control))) ??
    document.querySelector("#main")
  );
}

addEventListener("pagehide", () => {
  const control = document.activeElement;
  if (!control || control === document.body) return;
  const { [location.href]: _, ...others } = stored(STOOD);
  const kept = Object.entries({ ...others, [location.href]: standOf(control) }).slice(-MOST);
  sessionStorage.setItem(STOOD, JSON.stringify(Object.fromEntries(kept)));
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post") return;
  const control = event.submitter ?? document.activeElement ?? form;
  sessionStorage.setItem(ACTED, JSON.stringify({ path: location.pathname, stand: standOf(control), top: scrollY }));
});

addEventListener("pageshow", (event) => {
  const acted = stored(ACTED);
  sessionStorage.removeItem(ACTED);
  const [how] = performance.getEntriesByType("navigation");
  const stood = /** @type {any} */ (how)?.type === "back_forward" ? stored(STOOD)[location.href] : null;
  const stand = acted.path === location.pathname ? acted.stand : stood;
  if (!stand || event.persisted || document.activeElement !== document.body || location.hash) return;
  if (acted.path === location.pathname) scrollTo(0, acted.top);
  takenBy(stand)?.focus();
});

// A form that was refused: the problem's page calls the field as the form did and leads back to what was typed,
// where the field is marked. The server names fields as programs do, and only the form knows its own words.
const SENT = "form-sent"; // the words of the form sent last, by the names of its fields
const REFUSED = "form-refused"; // what was said of which field, until the form is shown again
const back = document.querySelector("#back-to-form");

/** @param {string} name */
const stored = (name) => JSON.parse(sessionStorage.getItem(name) ?? "null");

/** @param {string} name @param {unknown} value */
const store = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

/** @param {HTMLFormElement} form */
function wordsOf(form) {
  /** @type {Record<string, string>} */
  const words = {};
  for (const field of /** @type {Iterable<HTMLInputElement>} */ (form.elements)) {
    const word = field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent?.trim();
    if (field.name && word) words[field.name] ??= word;
  }
  return words;
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method === "post") store(SENT, { from: location.pathname, words: wordsOf(form) });
});

function nameFields() {
  const sent = stored(SENT);
  const faults = [];
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-field]"))) {
    const [name, said] = line.children;
    const word = sent?.words[line.dataset.field ?? ""];
    if (word) name.textContent = document.documentElement.lang === "en" ? `${word}: ` : `${word}：`;
    faults.push({ field: line.dataset.field, message: said.textContent });
  }
  if (sent) store(REFUSED, { from: sent.from, faults });
}

function markFields() {
  const refused = stored(REFUSED);
  if (refused?.from !== location.pathname) return;
  sessionStorage.removeItem(REFUSED);
  for (const { field, message } of refused.faults) {
    const input = document.querySelector(`main form[method=post] [name="${CSS.escape(field)}"]:not([type=hidden])`);
    if (!(input instanceof HTMLElement)) continue;
    const note = document.createElement("p");
    note.className = "fault";
    note.id = `fault-${field}`;
    note.textContent = message;
    input.after(note);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id);
    input.addEventListener("input", () => (note.remove(), input.removeAttribute("aria-invalid")), { once: true });
    input.focus();
  }
}

if (back) {
  nameFields();
  back.addEventListener("click", (event) => {
    event.preventDefault();
    history.back(); // to the page as it was left, with what was typed
  });
} else {
  window.addEventListener("pageshow", markFields);
}

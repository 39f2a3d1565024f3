// A depot, a district or a sub-district is found by name or code while it is typed; the field holds its code, and its
// name stands beside it. Only what is asked for is fetched: a city has a thousand depots.
const WAIT = 150; // milliseconds after the last key
const MOST = 20; // depots offered at once
const zh = document.documentElement.lang.startsWith("zh");
/** @type {Record<string, string>} */
const PARTS = { district: "districts", subdistrict: "subdistricts" };
/** @typedef {{code: string, name_zh: string, name_en: string}} Row */

/** @param {string} address @returns {Promise<Row[]>} */
async function rowsAt(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    const told = answer.ok ? await answer.json() : [];
    return told.items ?? told;
  } catch {
    return []; // no way to the server: the code can still be typed
  }
}

/** What may be chosen: ``data-choose`` is "depots", or the id of the field that says how wide a role holds.
 * @param {HTMLInputElement} input */
function kindOf(input) {
  const wanted = input.dataset.choose ?? "";
  const level = /** @type {HTMLSelectElement | null} */ (document.getElementById(wanted));
  return level ? level.value : "depot";
}

/** @param {HTMLInputElement} input @returns {Promise<Row[]>} */
function lookUp(input) {
  const kind = kindOf(input);
  if (kind === "city") return Promise.resolve([]);
  if (kind in PARTS) return rowsAt(`/api/city/${PARTS[kind]}`);
  return rowsAt(`/api/depots?limit=${MOST}&q=${encodeURIComponent(input.value.trim())}`);
}

/** @param {HTMLInputElement} input */
function offer(input) {
  const list = document.createElement("datalist");
  const name = document.createElement("output");
  list.id = `${input.id}-choices`;
  name.className = "hint";
  name.htmlFor.add(input.id);
  input.after(list, name);
  input.setAttribute("list", list.id);
  input.autocomplete = "off";
  let timer = 0;
  let latest = 0;

  async function show() {
    const number = ++latest;
    const rows = await lookUp(input);
    if (number !== latest) return; // another key was pressed meanwhile
    list.replaceChildren(...rows.map((row) => new Option(zh ? row.name_zh : row.name_en, row.code)));
    const chosen = rows.find((row) => row.code.toLowerCase() === input.value.trim().toLowerCase());
    name.textContent = chosen ? (zh ? chosen.name_zh : chosen.name_en) : "";
  }

  const later = () => {
    clearTimeout(timer);
    timer = window.setTimeout(show, WAIT);
  };
  input.addEventListener("input", later);
  input.addEventListener("focus", () => list.options.length || later());
  const level = document.getElementById(input.dataset.choose ?? "");
  const follow = () => {
    input.disabled = kindOf(input) === "city"; // which has no code
    list.replaceChildren();
    later();
  };
  level?.addEventListener("change", follow);
  if (level) input.disabled = kindOf(input) === "city";
  if (input.value) later();
}

for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[data-choose]"))) {
  offer(input);
}

// One box over everything: "/" or Ctrl-K goes to it, arrows choose, Enter opens.
import { commands, writes } from "./keys.js";

const box = document.querySelector("#search-all");
const list = document.querySelector("#search-hits");
const told = document.querySelector("#search-told");
const zh = document.documentElement.lang.startsWith("zh");
const WAIT = 120; // milliseconds after the last key
let asked = "";
let timer = 0;
let active = -1;
/** @type {HTMLElement | null} */
let from = null; // where the focus was before a key brought it here

const options = () => [...list.querySelectorAll("[role=option]")];

function show(open) {
  list.hidden = !open;
  box.setAttribute("aria-expanded", String(open));
  if (!open) choose(-1);
}

function choose(place) {
  const all = options();
  active = all.length ? (place + all.length + 1) % (all.length + 1) : -1;
  if (active === all.length) active = -1; // back in the box
  for (const [at, option] of all.entries()) option.setAttribute("aria-selected", String(at === active));
  all[active]?.scrollIntoView({ block: "nearest" });
  if (active < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", all[active].id);
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function draw(groups) {
  list.replaceChildren();
  let number = 0;
  for (const group of groups) {
    const part = element("div");
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", zh ? group.title_zh : group.title_en);
    part.append(element("p", "soft", zh ? group.title_zh : group.title_en));
    for (const hit of group.hits) {
      const option = element("a", "", zh ? hit.zh : hit.en);
      option.id = `hit-${number++}`;
      option.href = hit.to;
      option.setAttribute("role", "option");
      option.tabIndex = -1;
      option.append(element("span", "soft", zh ? hit.note_zh : hit.note_en));
      part.append(option);
    }
    list.append(part);
  }
  told.textContent = number ? String(number) : told.dataset.none;
  if (!number) list.append(element("p", "soft", told.dataset.none));
  show(true);
}

async function look() {
  const words = box.value.trim();
  if (words === asked) return show(Boolean(words));
  asked = words;
  if (!words) return show(false);
  const groups = await found(words);
  if (words !== box.value.trim()) return;
  if (groups) draw(groups);
  else asked = ""; // the next key asks again; Enter asks the page, which says what is wrong
}

async function found(words) {
  try {
    const answer = await fetch(`/api/search?q=${encodeURIComponent(words)}`);
    return answer.ok ? (await answer.json()).groups : null;
  } catch {
    return null; // no way to the server
  }
}

if (box) {
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  box.addEventListener("focus", () => asked && box.value.trim() === asked && show(true));
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method is still at work
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look();
      else choose(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      options()[active].click();
    } else if (event.key === "Escape") {
      if (list.hidden) (from?.isConnected ? from : document.querySelector("#main")).focus();
      show(false);
    }
  });
  if (document.activeElement === box) look(); // typed before this script was there
  document.addEventListener("pointerdown", (event) => event.target.closest(".search-all") || show(false));
  box.addEventListener("blur", (event) => list.contains(event.relatedTarget) || show(false)); // Tab goes on below it
  document.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !writes(event.target) && commands(event);
    if (!slash && !((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) return;
    event.preventDefault();
    const before = /** @type {HTMLElement} */ (document.activeElement);
    if (before !== box) from = before === document.body ? null : before;
    box.focus();
    box.select();
  });
}

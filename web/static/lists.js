// A list by keyboard: j and k go through the rows, x chooses, o opens; chips, order and pages change in place.
const rows = () => [...document.querySelectorAll(".list-table tbody tr")];
let at = -1;

function go(place) {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.max(0, Math.min(all.length - 1, place));
  all[at].classList.add("at");
  all[at].scrollIntoView({ block: "nearest" });
  (all[at].querySelector("input[name=id]") ?? all[at].querySelector("a"))?.focus({ preventScroll: true });
}

function count() {
  const picked = document.querySelector("#picked");
  if (picked) picked.textContent = String(document.querySelectorAll(".list-table input[name=id]:checked").length);
}

document.addEventListener("change", (event) => {
  if (event.target.id === "pick-all")
    for (const box of document.querySelectorAll(".list-table input[name=id]")) box.checked = event.target.checked;
  count();
});

document.addEventListener("keydown", (event) => {
  const box = event.target.matches?.("input[name=id]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!box && event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "x" && at >= 0) rows()[at].querySelector("input[name=id]")?.click();
  else if (event.key === "o" && at >= 0) rows()[at].querySelector("td a")?.click();
  else {
    const act = document.querySelector(`.bulk [data-key="${CSS.escape(event.key)}"]`);
    if (!act || !document.querySelector(".list-table input[name=id]:checked")) return;
    const asks = act.parentElement.querySelector("input");
    if (asks && !asks.value) asks.focus();
    else act.click();
  }
  event.preventDefault();
});

// Links of the list itself bring the page anew in place: the reader's place and the focus stay
async function bring(address, push) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok) return location.assign(address);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focus = document.activeElement?.closest(".chip-row")?.getAttribute("aria-label");
  document.querySelector("main").replaceChildren(...fresh.querySelector("main").childNodes);
  if (push) history.pushState({}, "", address);
  at = -1;
  if (focus) document.querySelector(`.chip-row[aria-label="${CSS.escape(focus)}"] a`)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("main .chip-row a, .list-table thead a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  bring(link.href, true);
});
addEventListener("popstate", () => bring(location.href, false));

// The frame: the navigation folds to a rail and stays so in this browser; wide tables are scrolled by keyboard.
import "./focus.js";
import "./keys.js";

const YEAR = 365 * 86400;
const fold = document.querySelector("#fold");

function setRail(on) {
  document.body.classList.toggle("rail", on);
  fold.setAttribute("aria-expanded", String(!on));
  document.cookie = `rail=${on ? "yes" : ""}; path=/; max-age=${on ? YEAR : 0}; samesite=lax`;
}

if (fold) {
  fold.addEventListener("click", () => setRail(!document.body.classList.contains("rail")));
  for (const summary of document.querySelectorAll("#side summary")) {
    summary.addEventListener("click", (event) => {
      if (!document.body.classList.contains("rail")) return;
      event.preventDefault(); // a rail has no room for the group's pages: unfold it there
      setRail(false);
      summary.parentElement.open = true;
    });
  }
}

// A table wider than its window is reached by Tab, so that the arrows scroll it (WCAG 2.1.1)
const wide = new ResizeObserver((seen) => {
  for (const { target } of seen) if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
});
for (const table of document.querySelectorAll("main .table:not([tabindex])")) wide.observe(table);

// What is chosen among a thousand is looked up as it is typed; without that a code is typed as it stands. A page that
// is left before the script came has lost nothing
if (document.querySelector("[data-choose]")) import("./choose.js").catch((error) => console.warn(error));

// On a phone a long page begins folded: its headings are its contents
if (matchMedia("(max-width: 61.99rem)").matches) {
  for (const part of document.querySelectorAll("details.tuck")) part.open = false;
}

// The frame: the navigation folds to a rail and stays so in this browser.
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

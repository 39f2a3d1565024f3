// The progress bar of a running import; when it is over, the page is loaded anew.
const box = document.querySelector("#progress");
const bar = document.querySelector("#bar");

async function look() {
  const answer = await fetch(`/imports/${box.dataset.run}/progress`, { headers: { accept: "application/json" } });
  if (answer.ok) {
    const told = await answer.json();
    if (told.state !== "running") {
      location.reload();
      return;
    }
    bar.max = told.total || 1;
    bar.value = told.done;
  }
  setTimeout(look, 1000);
}
look();

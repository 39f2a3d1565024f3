// The progress bar of an import or plan that is being made; when it is over, or at its next stage, the page is loaded anew.
const box = document.querySelector("#progress");
const bar = document.querySelector("#bar");

async function look() {
  const answer = await fetch(box.dataset.progress, { headers: { accept: "application/json" } });
  if (answer.ok) {
    const told = await answer.json();
    if (told.state !== "running" || told.stage !== box.dataset.stage) {
      location.reload();
      return;
    }
    bar.max = told.total || 1;
    bar.value = told.done;
  }
  setTimeout(look, 1000);
}
look();

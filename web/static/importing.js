// The progress bar of an import or plan that is being made; when it is over, or at its next stage, the page is loaded anew.
const box = document.querySelector("#progress");
const bar = document.querySelector("#bar");

async function look() {
  const ask = fetch(box.dataset.progress, { headers: { accept: "application/json" } });
  const answer = await ask.catch(() => null); // no way to the server: asked again like all the time
  if (answer?.ok) {
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

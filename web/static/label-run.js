// A print run's page asks how far it is, until it is done.
const card = document.querySelector("[data-run]");
const going = new Set(["waiting", "running"]);

function show(run) {
  card.dataset.state = run.state;
  card.querySelector("progress").value = run.done;
  card.querySelector("[data-done]").textContent = run.done;
  card.querySelector("[data-error]").textContent = run.error;
  for (const part of card.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== run.state;
}

async function ask() {
  if (!going.has(card.dataset.state)) return;
  try {
    const answer = await fetch(`/api/label-runs/${card.dataset.run}`);
    if (answer.ok) show(await answer.json());
  } catch {
    // no signal: the next try will tell
  }
  setTimeout(ask, 700);
}

ask();

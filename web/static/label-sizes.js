// The preview follows every change of the form; what cannot be drawn is told in the server's own words.
const form = document.getElementById("format");
const picture = document.getElementById("preview");
const fault = document.getElementById("fault");
let last = 0;
let shown = null;

async function draw() {
  const mine = ++last;
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) asked.set(name, String(value));
  for (const name of ["_csrf_token", "code"]) asked.delete(name);
  const answer = await fetch(`/label-sizes/preview.svg?${asked}`).catch(() => null);
  if (!answer || mine !== last) return; // no way to the server: the next key asks again
  fault.hidden = answer.ok;
  if (!answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    fault.textContent = page.querySelector("main .notice p, main p")?.textContent ?? answer.statusText;
    return;
  }
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(await answer.blob());
  picture.src = shown;
}

let wait;
function later() {
  clearTimeout(wait);
  wait = setTimeout(draw, 200);
}

form.addEventListener("input", later);
if (form.contains(document.activeElement)) later(); // filled in before this script was there

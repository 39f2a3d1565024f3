// Where the phone is, once its owner allows it: the page then begins with the nearest depot (depots/here.py).
const SECONDS = 600; // for so long it counts as being there
const button = document.getElementById("locate");

function located({ coords }) {
  const point = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`;
  document.cookie = `near=${point};path=/;max-age=${SECONDS};samesite=lax`;
  location.reload();
}

const locate = () =>
  navigator.geolocation.getCurrentPosition(located, () => (button.disabled = true), { timeout: 10_000 });

if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", locate);
  const known = document.cookie.includes("near=");
  const allowed = await navigator.permissions?.query({ name: "geolocation" });
  if (!known && allowed?.state === "granted") locate();
}

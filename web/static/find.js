// The browser's position, if its owner allows it: typed into the field, never sent by itself.
const here = document.getElementById("here");
const near = document.getElementById("near");
if (here && navigator.geolocation) {
  const word = here.textContent;
  here.hidden = false;
  here.addEventListener("click", () => {
    here.textContent = here.dataset.wait;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        near.value = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`;
        here.textContent = word;
      },
      () => (here.textContent = here.dataset.none),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
    );
  });
}

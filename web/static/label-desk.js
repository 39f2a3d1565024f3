// Beside each choice of a size: what it looks like, and whether an ordinary camera reads its symbol.
for (const picture of document.querySelectorAll("img[data-shows]")) {
  const size = document.getElementById(picture.dataset.shows);
  const warning = document.querySelector(`[data-warns="${size.id}"]`);
  const follow = () => {
    picture.src = `/label-sizes/preview.svg?size=${encodeURIComponent(size.value)}`;
    warning.hidden = size.selectedOptions[0]?.dataset.symbol !== "datamatrix";
  };
  size.addEventListener("change", follow);
  if (!size.selectedOptions[0]?.defaultSelected) follow(); // chosen before this script was there
}

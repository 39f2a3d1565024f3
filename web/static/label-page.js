// One label's page: the picture and the files follow the chosen size.
const size = document.getElementById("size");
const address = (kind) => `/api/labels/${size.dataset.code}.${kind}?size=${encodeURIComponent(size.value)}`;

size.addEventListener("change", () => {
  document.getElementById("picture").src = address("svg");
  for (const file of document.querySelectorAll("#files a")) file.href = address(file.dataset.kind);
});

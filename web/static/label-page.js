// One label's page: the picture and the files follow the chosen size.
const size = document.getElementById("size");
const address = (kind) => `/api/labels/${size.dataset.code}.${kind}?size=${encodeURIComponent(size.value)}`;

function follow() {
  document.getElementById("picture").src = address("svg");
  for (const file of document.querySelectorAll("#files a")) file.href = address(file.dataset.kind);
}

size.addEventListener("change", follow);
if (!size.selectedOptions[0]?.defaultSelected) follow(); // chosen before this script was there

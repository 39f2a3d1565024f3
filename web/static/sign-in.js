// A phone starts in the app: what it is, only the page knows (people/pages.py).
const small = matchMedia("(max-width: 600px) and (pointer: coarse)").matches;
for (const field of document.querySelectorAll("[name=small]")) field.value = small ? "yes" : "";
const directory = document.querySelector("#directory");
if (directory && small) directory.href += "&small=yes";

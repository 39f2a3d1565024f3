// A phone starts in the app: what it is, only the page knows (people/pages.py).
const small = matchMedia("(max-width: 600px) and (pointer: coarse)").matches;
document.querySelector("[name=small]").value = small ? "yes" : "";

// A link to a folded part of the page opens it; on paper all parts stand open.
const open = () => {
  const part = document.getElementById(location.hash.slice(1));
  if (part instanceof HTMLDetailsElement) {
    part.open = true;
    part.scrollIntoView();
  }
};
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("main details:is(.card, .part)")) part.open = true;
});

// Keys that work on every page: "?" lists them in a dialog, which Escape closes; the focus goes back by itself.
const keys = document.querySelector("#keys");

/** Whether letters are typed into an element, so that they are no commands. A box to tick takes none.
 * @param {EventTarget | null} target */
export const writes = (target) =>
  Boolean(target?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));

/** @param {KeyboardEvent} event */
export const commands = (event) =>
  !(event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"));

if (keys) {
  document.querySelector("#show-keys")?.addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || writes(event.target) || !commands(event)) return;
    event.preventDefault();
    keys.showModal();
  });
}

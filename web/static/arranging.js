// Places in the order of the shelves: dragged, or moved by their arrows; among those that stand in the same place only.
const list = document.getElementById("places");
const form = document.getElementById("order");
const hint = document.getElementById("order-hint");
const rows = () => [...list.querySelectorAll("li[data-id]")];
const beside = (row) => rows().filter((one) => one.dataset.in === row.dataset.in);

// Where a place may stand is the same list for all: copied when a place is opened, without itself
const parents = document.getElementById("parent");
const fill = (opened) => {
  const select = opened.open && opened.querySelector("select[data-inside]");
  if (!select || select.options.length > 1 || !parents) return;
  const own = opened.closest("li").dataset.id;
  select.replaceChildren(...[...parents.options].filter((one) => one.value !== own).map((one) => one.cloneNode(true)));
  select.value = select.dataset.inside;
};
list.addEventListener("toggle", ({ target }) => fill(target), true);
list.querySelectorAll("details[open]").forEach(fill); // before this script came

const send = (order) => {
  form.elements.places.value = order.map((row) => row.dataset.id).join(",");
  form.requestSubmit();
};

// The row goes to where the other one is; the rest keep their order
const place = (row, other) => {
  const order = beside(row);
  const [from, to] = [order.indexOf(row), order.indexOf(other)];
  if (from === to || to < 0) return;
  order.splice(from, 1);
  order.splice(to, 0, row);
  send(order);
};

const arrow = (row, sign, way, label) => {
  const button = document.createElement("button");
  const others = beside(row);
  button.type = "button";
  button.className = "quiet";
  button.textContent = sign;
  button.ariaLabel = `${label} ${row.querySelector("b").textContent}`;
  const other = others[others.indexOf(row) + way];
  button.disabled = !other;
  button.addEventListener("click", () => place(row, other));
  return button;
};

let dragged = null;
if (form && list.dataset.open === "1") {
  hint.hidden = false;
  for (const row of rows()) {
    const tools = document.createElement("span");
    tools.className = "tools";
    tools.append(arrow(row, "↑", -1, list.dataset.up), arrow(row, "↓", 1, list.dataset.down));
    row.append(tools);
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      if (dragged) return;
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.id);
    });
    row.addEventListener("dragend", () => {
      dragged = null;
      list.querySelector(".over")?.classList.remove("over");
    });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row || dragged.dataset.in !== row.dataset.in) return;
      event.preventDefault();
      list.querySelector(".over")?.classList.remove("over");
      row.classList.add("over");
    });
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged) place(dragged, row);
    });
  }
}

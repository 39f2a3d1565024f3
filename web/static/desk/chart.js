// What the desk's charts have in common. Each reads the figures that its page carries; a table holds the same numbers.
export const zh = document.documentElement.lang.startsWith("zh");
const style = getComputedStyle(document.documentElement);
export const colour = (variable) => style.getPropertyValue(variable).trim();
// ECharts writes the font into an attribute as it is: with double quotes a saved picture would be no XML
export const text = {
  color: colour("--ink"),
  fontFamily: getComputedStyle(document.body).fontFamily.replaceAll('"', "'"),
};
// What a picture is called; ECharts would put a sentence with every number in its place, and the table holds those
export const called = (box) => ({ enabled: true, label: { description: box.getAttribute("aria-label") ?? "" } });
export const name = (entry, field = "name") => entry[`${field}_${zh ? "zh" : "en"}`];
export const carried = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
// Each picture in a task of its own, so that the page answers in between
export const breath = () => new Promise((resolve) => setTimeout(resolve));
// When a picture comes into view, or goes to paper: what lies further down costs nothing until then
export const seen = (box) =>
  new Promise((resolve) => {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((one) => one.isIntersecting)) return;
      watch.disconnect();
      resolve(breath());
    });
    watch.observe(box);
    addEventListener("beforeprint", () => resolve(), { once: true });
  });
export const words = (box) => box.dataset.words.split("|");

export function draw(box, option) {
  const chart = window.echarts.init(box, null, { renderer: "svg", locale: zh ? "ZH" : "EN" });
  chart.setOption({ textStyle: text, aria: called(box), animation: false, ...option });
  new ResizeObserver(() => chart.resize()).observe(box);
  savable(box, chart);
  return chart;
}

// Two buttons under a picture: the drawing as a file, and as pixels, twice as fine as the screen shows it
function savable(box, chart) {
  const bar = document.createElement("p");
  bar.className = "save-picture";
  const title = box.getAttribute("aria-label") ?? "";
  const file = (address, ending) =>
    Object.assign(document.createElement("a"), { href: address, download: `${title || box.id}.${ending}` }).click();
  const svg = () => chart.getDataURL({ type: "svg" });
  const png = async () => {
    const picture = new Image();
    picture.src = svg();
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), {
      width: box.clientWidth * 2,
      height: box.clientHeight * 2,
    });
    const pen = canvas.getContext("2d");
    pen.fillStyle = colour("--card");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    file(canvas.toDataURL("image/png"), "png");
  };
  const ways = { SVG: () => file(svg(), "svg"), PNG: png };
  for (const [name, save] of Object.entries(ways)) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "plain",
      textContent: name,
      onclick: save,
    });
    button.setAttribute("aria-label", `${title} ${name}`);
    bar.append(button);
  }
  box.after(bar);
}

// On paper the tables stand open
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details")) folded.open = true;
});

// What the desk's charts have in common. Each reads the figures that its page carries; a table holds the same numbers.
export const zh = document.documentElement.lang.startsWith("zh");
const style = getComputedStyle(document.documentElement);
export const colour = (variable) => style.getPropertyValue(variable).trim();
export const text = { color: colour("--ink"), fontFamily: getComputedStyle(document.body).fontFamily };
export const name = (entry, field = "name") => entry[`${field}_${zh ? "zh" : "en"}`];
export const carried = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
export const words = (box) => box.dataset.words.split("|");

export function draw(box, option) {
  const chart = window.echarts.init(box, null, { renderer: "svg", locale: zh ? "ZH" : "EN" });
  chart.setOption({ textStyle: text, aria: { enabled: true }, animation: false, ...option });
  new ResizeObserver(() => chart.resize()).observe(box);
  return chart;
}

// On paper the tables stand open
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details")) folded.open = true;
});

// What of an item ends in which month: used before its end, or not. The table beneath holds the same numbers.
import { carried, colour, draw, text, words } from "./chart.js";

const box = document.getElementById("months");
const data = carried("months-data");

if (box && data && window.echarts) {
  const series = (name, shade, values) => ({ name, type: "bar", stack: "ends", color: colour(shade), data: values });
  const [used, unused] = words(box);
  draw(box, {
    legend: { textStyle: text, top: 0 },
    grid: { left: 8, right: 8, top: 48, bottom: 4, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    xAxis: { type: "category", data: data.months, axisLabel: text },
    yAxis: {
      type: "value",
      name: box.dataset.unit,
      nameTextStyle: text,
      axisLabel: text,
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series: [series(used, "--good", data.used), series(unused, "--bad", data.unused)],
  });
}

// Points of the city in a plain projection: who has it, who is reached in time, where the holes are.
import { called, savable } from "./desk/chart.js";

const spots = JSON.parse(document.getElementById("cover-data")?.textContent ?? "[]");
const box = document.getElementById("cover-chart");
addEventListener("DOMContentLoaded", draw);
if (document.readyState !== "loading") draw();

function draw() {
  if (!box || !window.echarts || !spots.length || window.echarts.getInstanceByDom(box)) return;
  const zh = document.documentElement.lang.startsWith("zh");
  const [has, reached, hole] = box.dataset.words.split("|");
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim();
  const kinds = [
    [has, style.getPropertyValue("--good").trim(), "circle", 7, (one) => one[2]],
    [reached, style.getPropertyValue("--link").trim(), "emptyCircle", 6, (one) => !one[2] && one[3]],
    [hole, style.getPropertyValue("--bad").trim(), "diamond", 11, (one) => !one[3]],
  ];
  const lats = spots.map((one) => one[1]);
  const lons = spots.map((one) => one[0]);
  const chart = window.echarts.init(box, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    aria: called(box),
    legend: { top: 0, textStyle: { color: ink } },
    grid: { left: 8, right: 8, top: 36, bottom: 8 },
    tooltip: { formatter: ({ data }) => window.echarts.format.encodeHTML(data[zh ? 2 : 3]) },
    xAxis: { show: false, min: Math.min(...lons) - 0.02, max: Math.max(...lons) + 0.02 },
    yAxis: { show: false, min: Math.min(...lats) - 0.02, max: Math.max(...lats) + 0.02 },
    series: kinds.map(([name, color, symbol, symbolSize, which]) => ({
      name,
      type: "scatter",
      symbol,
      symbolSize,
      itemStyle: { color },
      data: spots.filter(which).map((one) => [one[0], one[1], one[4], one[5]]),
    })),
  });
  savable(box, chart);
  addEventListener("resize", () => chart.resize());
}

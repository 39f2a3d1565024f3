// Points of the city in a plain projection: who has it, who is reached in time, where the holes are.
import { carried, colour, draw, text, words, zh } from "./desk/chart.js";

const spots = carried("cover-data") ?? [];
const box = document.getElementById("cover-chart");

if (box && window.echarts && spots.length) {
  const [has, reached, hole] = words(box);
  const kinds = [
    [has, "--good", "circle", 7, (one) => one[2]],
    [reached, "--link", "emptyCircle", 6, (one) => !one[2] && one[3]],
    [hole, "--bad", "diamond", 11, (one) => !one[3]],
  ];
  const lats = spots.map((one) => one[1]);
  const lons = spots.map((one) => one[0]);
  draw(box, {
    legend: { top: 0, textStyle: text },
    grid: { left: 8, right: 8, top: 36, bottom: 8 },
    tooltip: { formatter: ({ data }) => window.echarts.format.encodeHTML(data[zh ? 2 : 3]) },
    xAxis: { show: false, min: Math.min(...lons) - 0.02, max: Math.max(...lons) + 0.02 },
    yAxis: { show: false, min: Math.min(...lats) - 0.02, max: Math.max(...lats) + 0.02 },
    series: kinds.map(([name, shade, symbol, symbolSize, which]) => ({
      name,
      type: "scatter",
      symbol,
      symbolSize,
      itemStyle: { color: colour(shade) },
      data: spots.filter(which).map((one) => [one[0], one[1], one[4], one[5]]),
    })),
  });
}

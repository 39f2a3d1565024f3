// The life of a piece or lot: a point for each thing that happened, which leads to its line in the table beneath.
import { carried, colour, draw, text, words } from "./chart.js";

const box = document.getElementById("life");
const data = carried("life-data");

if (box && data && window.echarts) {
  const lanes = words(box);
  const shades = ["--good", "--link", "--warn", "--good", "--bad", "--bad"];
  const chart = draw(box, {
    grid: { left: 8, right: 24, top: 26, bottom: 4, containLabel: true },
    tooltip: { renderMode: "richText", confine: true, formatter: (point) => point.value[2] },
    xAxis: {
      type: "time",
      axisLabel: { ...text, hideOverlap: true },
      max: (span) => Math.max(span.max, Date.parse(data.today)),
    },
    yAxis: { type: "category", inverse: true, data: lanes, axisLabel: text, splitLine: { show: true } },
    series: [
      {
        type: "scatter",
        symbolSize: 12,
        data: data.points.map((point) => ({ value: point, itemStyle: { color: colour(shades[point[1]]) } })),
        markLine: {
          symbol: "none",
          silent: true,
          data: [{ xAxis: data.today, label: { ...text, position: "start", formatter: box.dataset.today } }],
        },
      },
    ],
  });
  chart.on("click", (point) => {
    if (point.componentType === "series") location.hash = point.value[3];
  });
}

// What gear cost month by month, by kind. The table beneath holds the same numbers.
import { carried, colour, draw, text, words } from "./chart.js";

const box = document.getElementById("money");
const data = carried("money-data");
const shades = {
  used: "--link",
  disposed: "--bad",
  lost: "--warn",
  expired: "--soft",
  mended: "--good",
  planned: "--ink",
};

if (box && data && window.echarts) {
  const names = words(box);
  draw(box, {
    legend: { textStyle: text, top: 0 },
    grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      valueFormatter: (yuan) => `¥${Math.round(yuan).toLocaleString()}`,
    },
    xAxis: { type: "category", data: data.months, axisLabel: text },
    yAxis: {
      type: "value",
      axisLabel: { ...text, formatter: (yuan) => `¥${yuan.toLocaleString()}` },
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series: Object.entries(data.series).map(([cost, values], place) => ({
      name: names[place],
      type: "bar",
      stack: "cost",
      color: colour(shades[cost]),
      data: values,
    })),
  });
}

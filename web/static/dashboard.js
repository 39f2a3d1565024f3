// Draws the dashboard's charts from the figures that the page carries; the tables beneath hold the same numbers.
import { carried, colour, draw, name, seen, text } from "./desk/chart.js";

const data = carried("chart-data");
const names = (rows) => rows.map((row) => name(row));
const grid = { left: 8, right: 28, top: 28, bottom: 8, containLabel: true };
const valueAxis = {
  type: "value",
  minInterval: 1,
  axisLabel: text,
  splitLine: { lineStyle: { color: colour("--line") } },
};
const nameAxis = (data) => ({
  type: "category",
  data,
  axisLabel: { ...text, width: 150, overflow: "truncate" },
});

// What the numbers of an axis count: beneath a lying one, above an upright one
const lying = (unit) => ({ ...valueAxis, name: unit, nameLocation: "middle", nameGap: 28, nameTextStyle: text });
const upright = (unit) => ({ ...valueAxis, name: unit, nameTextStyle: { ...text, align: "left" } });

// A bar leads to what it counts: ``way`` makes the address from what the chart's box names and the bar's place.
async function bars(id, option, way) {
  const box = document.getElementById(id);
  await seen(box);
  const chart = draw(box, { tooltip: { trigger: "axis" }, grid, ...option });
  chart.on("click", ({ dataIndex }) => location.assign(box.dataset.to + way(dataIndex)));
}

if (window.echarts && data) {
  const districts = document.getElementById("chart-districts").dataset;
  bars(
    "chart-districts",
    {
      legend: { textStyle: text, top: 0 },
      grid: { ...grid, bottom: 24 },
      xAxis: lying(districts.unit),
      yAxis: { ...nameAxis(names(data.districts)), inverse: true },
      series: [
        {
          name: districts.ready,
          type: "bar",
          stack: "depots",
          color: colour("--good"),
          label: { show: true, color: colour("--card"), formatter: ({ value }) => value || "" },
          data: data.districts.map((d) => d.figures.depots_ready),
        },
        {
          name: districts.short,
          type: "bar",
          stack: "depots",
          color: colour("--bad"),
          label: { show: true, color: colour("--card"), formatter: ({ value }) => value || "" },
          data: data.districts.map((d) => d.figures.depots - d.figures.depots_ready),
        },
      ],
    },
    (place) => encodeURIComponent(data.districts[place].key),
  );
  bars(
    "chart-missed",
    {
      grid: { ...grid, bottom: 24 },
      xAxis: lying(document.getElementById("chart-missed").dataset.unit),
      yAxis: { ...nameAxis(names(data.missed)), inverse: true },
      series: [
        {
          type: "bar",
          color: colour("--bad"),
          label: { show: true, position: "right", color: text.color },
          data: data.missed.map((m) => m.depots),
        },
      ],
    },
    (place) => encodeURIComponent(data.missed[place].subject),
  );
  const expiry = document.getElementById("chart-expiry").dataset;
  bars(
    "chart-expiry",
    {
      xAxis: nameAxis(data.buckets.map((b) => (b.days === 0 ? expiry.expired : `≤ ${b.days} ${expiry.days}`))),
      yAxis: upright(expiry.unit),
      series: [
        {
          type: "bar",
          color: colour("--warn"),
          label: { show: true, position: "top", color: text.color },
          data: data.buckets.map((b) => b.lines),
        },
      ],
    },
    (place) =>
      `&until=${data.buckets[place].until}${data.buckets[place].since ? `&since=${data.buckets[place].since}` : ""}`,
  );
}

// Readiness day by day: one line per part of the city; a day of which nothing is known leaves a gap.
import { carried, colour, draw, name, text, words } from "./chart.js";

const box = document.getElementById("trend");
const data = carried("trend-data");
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "roundRect", "arrow"];
const DASHES = ["solid", "dashed", "dotted"];
// Okabe and Ito's colours, told apart by everybody; readable by day and by night
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const share = (part, whole) => (whole ? Math.round((1000 * part) / whole) / 10 : null);

function line(label, place, values) {
  return {
    name: label,
    type: "line",
    symbol: SYMBOLS[place % SYMBOLS.length],
    symbolSize: 8,
    showAllSymbol: values.length < 60,
    color: COLOURS[place % COLOURS.length],
    lineStyle: { type: DASHES[Math.floor(place / COLOURS.length) % DASHES.length] },
    connectNulls: false,
    data: values,
  };
}

if (box && window.echarts) {
  const from = Math.max(0, data.days.indexOf(data.recorded_since));
  const days = data.days.slice(from);
  const of = (group, value) => group.figures.slice(from).map((one) => (one ? value(one) : null));
  const [ready, held, depots] = words(box);
  const linesReady = (one) => share(one.lines_ready, one.lines);
  const [only] = data.groups;
  const series =
    data.groups.length > 1
      ? data.groups.map((group, place) => line(name(group), place, of(group, linesReady)))
      : [
          line(ready, 0, of(only, linesReady)),
          line(
            held,
            1,
            of(only, (one) => share(one.lines_held, one.lines)),
          ),
          ...(data.by === "depot"
            ? []
            : [
                line(
                  depots,
                  2,
                  of(only, (one) => share(one.depots_ready, one.depots)),
                ),
              ]),
        ];
  draw(box, {
    legend: { type: "scroll", textStyle: text, pageTextStyle: text, pageIconColor: colour("--ink"), top: 0 },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", valueFormatter: (value) => (value == null ? "–" : `${value} %`), confine: true },
    xAxis: { type: "category", data: days, axisLabel: text },
    yAxis: {
      type: "value",
      min: data.groups.length > 1 ? ({ min }) => Math.floor(min / 10) * 10 : 0,
      max: 100,
      axisLabel: { ...text, formatter: "{value} %" },
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series,
  });
}

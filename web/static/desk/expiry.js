// What ends when: a calendar of the coming year; a day leads to its lots. The table beneath holds the same numbers.
import { carried, colour, draw, text, words, zh } from "./chart.js";

const box = document.getElementById("calendar");
const data = carried("calendar-data");

function option(upright) {
  const most = Math.max(...data.days.map((one) => one.lines));
  const room = (box.clientWidth - 60) / (upright ? 7 : 54);
  const cell = upright ? [room, 15] : [room, Math.min(room * 1.2, 24)];
  return {
    calendar: {
      orient: upright ? "vertical" : "horizontal",
      range: [data.since, data.until],
      cellSize: cell,
      left: 44,
      top: upright ? 30 : 28,
      itemStyle: { color: "transparent", borderColor: colour("--line") },
      splitLine: { lineStyle: { color: colour("--soft") } },
      dayLabel: { ...text, nameMap: zh ? "ZH" : "EN", firstDay: 1 },
      monthLabel: { ...text, nameMap: zh ? "ZH" : "EN" },
      yearLabel: { show: false },
    },
    // Pale to dark, by day and by night: the more ends, the stronger the colour
    visualMap: {
      min: 0,
      max: most,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      textStyle: text,
      text: [String(most), "0"],
      inRange: { color: ["#fde9c9", "#f2a541", "#b34a00", "#5c1300"] },
    },
    tooltip: {
      renderMode: "richText",
      confine: true,
      formatter: ({ data: one }) =>
        `${one.value[0]}\n${one.value[1]} ${words(box)[0]} · ${one.depots} ${words(box)[1]}`,
    },
    series: [
      {
        type: "heatmap",
        coordinateSystem: "calendar",
        data: data.days.map((one) => ({ value: [one.day, one.lines], depots: one.depots })),
      },
    ],
  };
}

if (box && window.echarts) {
  const narrow = () => box.clientWidth < 700;
  const fit = () => box.classList.toggle("upright", narrow());
  fit();
  const chart = draw(box, option(narrow()));
  new ResizeObserver(() => {
    fit();
    chart.setOption(option(narrow()), true);
  }).observe(box);
  chart.on("click", ({ data: one }) =>
    location.assign(`/expiry/lots?since=${one.value[0]}&until=${one.value[0]}${box.dataset.rest}`),
  );
}

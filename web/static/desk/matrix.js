// The readiness matrix as a heat map; a cell leads to its depots. The table beneath holds the same numbers.
import { carried, colour, draw, name, text, words } from "./chart.js";

const box = document.getElementById("matrix");
const data = carried("matrix-data");

function option(upright) {
  const districts = {
    type: "category",
    data: data.districts.map((one) => name(one)),
    axisLabel: { ...text, interval: 0, rotate: upright ? 60 : 0, width: upright ? 96 : 110, overflow: "truncate" },
  };
  const categories = {
    type: "category",
    data: data.categories.map((one) => name(one)),
    axisLabel: { ...text, interval: 0, rotate: upright ? 0 : 50, width: upright ? 110 : 120, overflow: "truncate" },
  };
  const place = (list, code) => list.findIndex((one) => one.code === code);
  const cells = data.cells.map((cell) => {
    const spot = [place(data.districts, cell.district), place(data.categories, cell.category)];
    return { value: [...(upright ? spot : spot.reverse()), cell.percent], cell };
  });
  return {
    grid: { left: 4, right: 4, top: 8, bottom: 56, containLabel: true },
    xAxis: upright ? districts : categories,
    yAxis: { ...(upright ? categories : districts), inverse: true },
    // Viridis: told apart by everybody, and in grey print too
    visualMap: {
      min: 0,
      max: 100,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemHeight: upright ? 160 : 240,
      text: ["100 %", "0 %"],
      textStyle: text,
      calculable: false,
      inRange: { color: ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"] },
    },
    tooltip: {
      renderMode: "richText",
      confine: true,
      formatter: ({ data: { cell } }) =>
        `${name(data.districts.find((one) => one.code === cell.district))} · ${name(data.categories.find((one) => one.code === cell.category))}\n${cell.ready} / ${cell.lines} ${words(box)[0]} (${cell.percent} %)`,
    },
    series: [
      {
        type: "heatmap",
        data: cells.map((one) => ({ ...one, label: { color: one.value[2] < 55 ? "#fff" : "#111" } })),
        label: { show: true, fontSize: upright ? 9 : 12, formatter: ({ value }) => value[2] },
        itemStyle: { borderColor: colour("--card"), borderWidth: 1 },
      },
    ],
  };
}

if (box && window.echarts) {
  const narrow = () => box.clientWidth < 700;
  let upright = narrow();
  const chart = draw(box, option(upright));
  new ResizeObserver(() => narrow() !== upright && chart.setOption(option((upright = narrow())), true)).observe(box);
  chart.on("click", ({ data: { cell } }) => {
    const asked = new URLSearchParams({ district: cell.district, category: cell.category });
    if (box.dataset.type) asked.set("type", box.dataset.type);
    location.assign(`/matrix/depots?${asked}`);
  });
}

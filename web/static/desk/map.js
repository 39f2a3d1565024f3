// Depots in a plain projection: degrees of longitude shrunk by the cosine of the latitude. No outside map is asked.
import { carried, colour, draw, name, text, words } from "./chart.js";

const box = document.getElementById("map");
const told = document.getElementById("map-told");
const KM_PER_DEGREE = 111.195; // of latitude, on a sphere of 6371 km
// Many more stand in some places than dots would have room for: small from far away, larger from near
const dot = (km, depots) => (depots < 100 ? 1.2 : Math.max(0.6, Math.min(1.2, 0.09 / km) * 0.9));
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

const kinds = () => {
  const [ready, held, short, able, unable] = words(box);
  const [good, warn, bad, soft] = ["--good", "--warn", "--bad", "--soft"].map(colour);
  return {
    ready: { label: ready, color: good, symbol: "circle", size: 10 },
    held: { label: held, color: warn, symbol: "triangle", size: 10 },
    short: { label: short, color: bad, symbol: "diamond", size: 10 },
    able: { label: able, color: good, symbol: "circle", size: 11 },
    unable: { label: unable, color: soft, symbol: "emptyCircle", size: 6 },
  };
};
const kindOf = (depot) => (depot.able === null ? depot.state : depot.able ? "able" : "unable");

// A name stands under its point; where it would leave the picture it is pushed back into it
const inside = ({ labelRect: { x, width, height } }) => ({
  hideOverlap: true,
  dx: Math.max(0, 4 - x) + Math.min(0, box.clientWidth - 4 - x - width),
  dy: 8 + height / 2,
});

async function show() {
  const answer = await fetch(box.dataset.source);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const city = await answer.json();
  const depots = city.depots.filter((one) => one.lat !== null);
  if (depots.length) new CityMap(depots);
}

class CityMap {
  constructor(depots) {
    const middle = depots.reduce((sum, one) => sum + one.lat, 0) / depots.length;
    const shrink = Math.cos((middle * Math.PI) / 180);
    const flat = (lat, lon) => ({ x: lon * shrink * KM_PER_DEGREE, y: lat * KM_PER_DEGREE });
    this.spots = depots.map((depot) => ({ depot, ...flat(depot.lat, depot.lon) }));
    this.outline = carried("outline").map((ring) => ring.map(([lon, lat]) => Object.values(flat(lat, lon))));
    const around = box.dataset.source.includes("district=") ? [] : this.outline.flat();
    const xs = [...this.spots.map((one) => one.x), ...around.map(([x]) => x)];
    const ys = [...this.spots.map((one) => one.y), ...around.map(([, y]) => y)];
    this.whole = { x: (Math.min(...xs) + Math.max(...xs)) / 2, y: (Math.min(...ys) + Math.max(...ys)) / 2 };
    this.extent = [Math.max(4, Math.max(...xs) - Math.min(...xs)) * 1.12, Math.max(4, Math.max(...ys) - Math.min(...ys)) * 1.12];
    this.chart = draw(box, { ...this.option(), aria: { enabled: false } });
    this.all();
    this.listen();
  }

  option() {
    const all = kinds();
    const count = (kind) => this.spots.filter((one) => kindOf(one.depot) === kind).length;
    this.used = Object.keys(all).filter(count);
    // what is rare lies on top
    const height = (kind) => 3 + 1 / (1 + count(kind));
    const axis = { type: "value", show: false };
    return {
      legend: { top: 0, textStyle: text, selectedMode: true },
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: axis,
      yAxis: axis,
      tooltip: { renderMode: "richText", confine: true, formatter: ({ data }) => (data.spot ? this.words(data.spot.depot) : "") },
      series: [
        // the city's outline, as far as it is known
        ...this.outline.map((data) => ({ type: "line", silent: true, z: 0, symbol: "none", tooltip: { show: false }, lineStyle: { color: colour("--soft"), width: 1.2 }, data })),
        ...this.used.map((kind) => ({
          id: kind,
          name: all[kind].label,
          type: "scatter",
          symbol: all[kind].symbol,
          symbolSize: all[kind].size,
          color: all[kind].color,
          z: kind === "unable" ? 2 : height(kind),
          itemStyle: kind === "unable" ? {} : { borderColor: colour("--card"), borderWidth: 0.8 },
          data: this.spots.filter((one) => kindOf(one.depot) === kind).map((spot) => ({ value: [spot.x, spot.y], spot })),
        })),
        { type: "scatter", silent: true, symbolSize: 0, z: 1, tooltip: { show: false }, labelLayout: inside, data: this.districts() },
        { id: "here", type: "scatter", silent: true, symbol: "emptyCircle", symbolSize: 22, z: 6, itemStyle: { color: colour("--link"), borderWidth: 3 }, data: [] },
      ],
    };
  }

  // A district's name stands at the middle of its depots
  districts() {
    const names = carried("districts");
    return Object.entries(Object.groupBy(this.spots, (one) => one.depot.district)).map(([code, spots]) => ({
      value: [spots.reduce((sum, one) => sum + one.x, 0) / spots.length, spots.reduce((sum, one) => sum + one.y, 0) / spots.length],
      label: { show: true, formatter: names[code] ?? code, fontSize: 13, fontWeight: 600, width: 150, overflow: "break", align: "center", color: colour("--ink"), textBorderColor: colour("--card"), textBorderWidth: 3 },
    }));
  }

  words(depot) {
    return `${depot.code} ${name(depot)}\n${kinds()[kindOf(depot)].label}\n${depot.lines_ready} / ${depot.lines} ${words(box)[5]}`;
  }

  all() {
    this.centre = { ...this.whole };
    this.km = Math.max(this.extent[0] / box.clientWidth, this.extent[1] / (box.clientHeight - 40)); // kilometres per pixel
    this.look();
  }

  look() {
    const half = { x: (this.km * box.clientWidth) / 2, y: (this.km * box.clientHeight) / 2 };
    const { x, y } = this.centre;
    const all = kinds();
    this.chart.setOption({
      xAxis: { min: x - half.x, max: x + half.x },
      yAxis: { min: y - half.y, max: y + half.y },
      series: this.used.map((kind) => ({ id: kind, symbolSize: all[kind].size * dot(this.km, this.spots.length) })),
    });
    const step = STEPS.findLast((km) => km / this.km <= 140) ?? STEPS[0];
    document.getElementById("scale-bar").style.width = `${step / this.km}px`;
    document.getElementById("scale-text").textContent = `${step} km`;
  }

  zoom(factor) {
    this.km *= factor;
    this.look();
  }

  go(spot) {
    this.here = spot;
    const far = Math.abs(spot.x - this.centre.x) > this.km * box.clientWidth * 0.45 || Math.abs(spot.y - this.centre.y) > this.km * box.clientHeight * 0.45;
    if (far) this.centre = { x: spot.x, y: spot.y };
    this.chart.setOption({ series: [{ id: "here", data: [[spot.x, spot.y]] }] });
    this.look();
    told.textContent = this.words(spot.depot).replaceAll("\n", " · ");
  }

  // To the nearest depot on that side, one straight ahead before one aside; the first step goes to the middle's nearest
  step(dx, dy) {
    const from = this.here ?? this.centre;
    let best = null;
    for (const spot of this.spots) {
      const [x, y] = [spot.x - from.x, spot.y - from.y];
      const along = this.here ? x * dx + y * dy : Math.hypot(x, y);
      const cost = along + (this.here ? 2 * Math.abs(x * dy - y * dx) : 0);
      if (spot !== this.here && (along > 0 || !this.here) && (!best || cost < best.cost)) best = { spot, cost };
    }
    if (best) this.go(best.spot);
  }

  listen() {
    const open = (spot) => location.assign(`/depots/${encodeURIComponent(spot.depot.code)}`);
    this.chart.on("click", ({ data }) => data.spot && open(data.spot));
    const keys = {
      ArrowLeft: () => this.step(-1, 0),
      ArrowRight: () => this.step(1, 0),
      ArrowUp: () => this.step(0, 1),
      ArrowDown: () => this.step(0, -1),
      Enter: () => this.here && open(this.here),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      0: () => this.all(),
    };
    box.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    const ways = { in: () => this.zoom(0.5), out: () => this.zoom(2), all: () => this.all() };
    for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", ways[button.dataset.zoom]);
    this.drag();
    new ResizeObserver(() => this.look()).observe(box);
  }

  drag() {
    let from = null;
    const drawing = this.chart.getZr();
    drawing.on("mousedown", ({ offsetX, offsetY }) => (from = { offsetX, offsetY, ...this.centre }));
    drawing.on("mouseup", () => (from = null));
    drawing.on("globalout", () => (from = null));
    drawing.on("mousemove", ({ offsetX, offsetY }) => {
      if (!from || Math.hypot(offsetX - from.offsetX, offsetY - from.offsetY) < 4) return;
      this.centre = { x: from.x - (offsetX - from.offsetX) * this.km, y: from.y + (offsetY - from.offsetY) * this.km };
      this.look();
    });
  }
}

if (box && window.echarts) {
  show().catch((fault) => {
    told.textContent = `${box.dataset.failed} (${fault.message})`;
  });
}

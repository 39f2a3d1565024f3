// Depots on a map (Leaflet). An outside server is asked for tiles only where the settings name one. The table beneath
// holds the same depots.
import { breath, carried, colour, name, words } from "./chart.js";

const box = document.getElementById("map");
const L = window.L;
const MARKS = { ready: "●", held: "▲", short: "◆", able: "●", unable: "○" };
const WORST = 3; // lines on a depot's card

const kindOf = (depot) => (depot.able === null ? depot.state : depot.able ? "able" : "unable");
const kindWord = (kind) => words(box)[Object.keys(MARKS).indexOf(kind)];

async function got(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function element(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

function plainMap() {
  const [closer, wider] = words(box).slice(6, 8);
  const map = L.map(box, {
    zoomControl: false,
    attributionControl: false,
    maxZoom: 18,
    zoomSnap: 0.5,
    preferCanvas: false,
  });
  L.control.zoom({ position: "bottomright", zoomInTitle: closer, zoomOutTitle: wider }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  if (box.dataset.tiles) {
    L.tileLayer(box.dataset.tiles, { maxZoom: 18, subdomains: "01234567" }).addTo(map);
    L.control.attribution({ prefix: false }).addAttribution(element("span", box.dataset.note).innerHTML).addTo(map);
  }
  return map;
}

// The city's own outline, and the borders of those districts that this city has (by their code)
async function drawBorders(map) {
  const own = carried("outline");
  const style = {
    color: colour("--soft"),
    weight: 1.5,
    fillColor: colour("--card"),
    fillOpacity: box.dataset.tiles ? 0 : 1,
    interactive: false,
  };
  if (own.length)
    L.polygon(
      own.map((ring) => ring.map(([lon, lat]) => [lat, lon])),
      style,
    )
      .addTo(map)
      .bringToBack();
  const districts = carried("districts");
  const borders = await got("/vendor/borders.geojson");
  const filter = (feature) => String(feature.id ?? feature.properties.adcode) in districts;
  return L.geoJSON(borders, { filter, style: { ...style, weight: 1 } })
    .addTo(map)
    .bringToBack();
}

// Where a district's name stands beside its middle, in pixels: the first place where it covers no mark and no name
const BESIDE = [-24, 24, -40, 40].flatMap((y) => [0, -50, 50].map((x) => [x, y]));
const LINE = 20;
const MARK = 34;

// How wide a name stands, in pixels: a Chinese character is twice as wide as a letter
const wideness = (text) => [...text].reduce((sum, one) => sum + (one > "\u2e80" ? 17 : 9), 0);

const near = (a, b, width, height) => Math.abs(a.x - b.x) < width && Math.abs(a.y - b.y) < height;

function drawNames(map, depots, layer) {
  const names = carried("districts");
  const drawn = L.layerGroup().addTo(map);
  const place = () => {
    drawn.clearLayers();
    const marks = layer
      .getLayers()
      .map((one) => map.latLngToLayerPoint((layer.getVisibleParent(one) ?? one).getLatLng()));
    const taken = [];
    for (const [code, spots] of Object.entries(Object.groupBy(depots, (one) => one.district))) {
      const middle = (field) => spots.reduce((sum, one) => sum + one[field], 0) / spots.length;
      const at = [middle("lat"), middle("lon")];
      const point = map.latLngToLayerPoint(at);
      const text = names[code] ?? code;
      const width = wideness(text);
      const free = ([x, y]) => {
        const there = point.add([x, y]);
        const covers = marks.some((mark) => near(mark, there, (width + MARK) / 2, (LINE + MARK) / 2));
        const { x: left } = map.layerPointToContainerPoint(there);
        const inside = left > width / 2 && left < map.getSize().x - width / 2;
        return inside && !covers && !taken.some((other) => near(other.at, there, (width + other.width) / 2, LINE));
      };
      const beside = BESIDE.find(free);
      if (!beside) continue; // it shows where the map is closer
      const [x, y] = beside;
      taken.push({ at: point.add([x, y]), width });
      const html = element("span", text);
      const iconAnchor = [width / 2 - x, LINE / 2 - y];
      const icon = L.divIcon({ className: "district-name", html, iconSize: [width, LINE], iconAnchor });
      L.marker(at, { interactive: false, keyboard: false, zIndexOffset: -1000, icon }).addTo(drawn);
    }
  };
  map.on("zoomend", place);
  place();
}

// The depot's card: how it stands, its phone, and what it lacks most
async function card(depot) {
  const shown = element("div", "", { className: "depot-card" });
  const title = element("a", `${depot.code} ${name(depot)}`, { href: `/depots/${encodeURIComponent(depot.code)}` });
  const all = words(box);
  shown.append(
    title,
    element("p", `${MARKS[depot.state]} ${kindWord(depot.state)} · ${depot.lines_ready} / ${depot.lines} ${all[5]}`),
  );
  const [facts, lines] = await Promise.all([
    got(`/api/depots/${depot.code}`),
    got(`/api/depots/${depot.code}/readiness`),
  ]);
  if (facts.phone) shown.append(element("a", facts.phone, { href: `tel:${facts.phone}` }));
  const worst = element("ul", "");
  for (const line of lines.filter((one) => Number(one.short) && one.level !== "recommended").slice(0, WORST)) {
    worst.append(element("li", `${name(line)}: ${all[8]} ${line.short}`));
  }
  shown.append(worst);
  return shown;
}

function markerOf(depot) {
  const kind = kindOf(depot);
  const title = `${depot.code} ${name(depot)} · ${kindWord(kind)}`;
  const icon = L.divIcon({ className: `pin ${kind}`, html: MARKS[kind], iconSize: [24, 24] });
  const marker = L.marker([depot.lat, depot.lon], { title, icon, riseOnHover: true, depot });
  marker.on("click keypress", async ({ originalEvent }) => {
    if (originalEvent?.type === "keypress" && originalEvent.key !== "Enter") return;
    const shown = await card(depot).catch((fault) => element("p", fault.message));
    // opened by a key: the card is where one goes on, and Escape leads back to the mark
    const byKey = originalEvent?.type === "keypress";
    if (byKey) marker.once("popupopen", () => setTimeout(() => shown.querySelector("a")?.focus()));
    shown.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      marker.closePopup();
      marker.getElement()?.focus();
    });
    // let go of when it closes: Leaflet itself would show the old card for a moment at the next Enter
    marker.once("popupclose", () => marker.unbindPopup());
    marker
      .unbindPopup()
      .bindPopup(shown, { minWidth: 220, maxWidth: 300, autoPanPaddingTopLeft: [56, 8] })
      .openPopup();
  });
  return marker;
}

// A group says how many depots it holds, and how many of them fall short, as a ring
function groupIcon(group) {
  const kinds = group.getAllChildMarkers().map((one) => kindOf(one.options.depot));
  const wrong = kinds.filter((kind) => kind !== "ready" && kind !== "able").length;
  const mood = wrong === 0 ? "good" : wrong * 2 > kinds.length ? "bad" : "warn";
  return L.divIcon({ className: `group ${mood}`, html: element("b", `${kinds.length}`), iconSize: [38, 38] });
}

function drawDepots(map, depots) {
  const layer = L.markerClusterGroup({
    iconCreateFunction: groupIcon,
    maxClusterRadius: 46,
    disableClusteringAtZoom: 15,
    showCoverageOnHover: false,
    animate: false,
  });
  layer.addLayers(depots.map(markerOf));
  return layer.addTo(map);
}

// What a capability reaches in time, as one area; points that nobody reaches as crosses
async function drawCover(map, depots) {
  map.createPane("reach");
  const renderer = L.svg({ pane: "reach" });
  const style = {
    pane: "reach",
    renderer,
    radius: Number(box.dataset.reach),
    stroke: false,
    fillColor: colour("--good"),
    fillOpacity: 1,
    interactive: false,
  };
  for (const depot of depots.filter((one) => one.able)) L.circle([depot.lat, depot.lon], style).addTo(map);
  const [from, minutes] = words(box).slice(9, 11);
  for (const hole of (await got(box.dataset.cover)).holes) {
    const soonest = hole.by ? ` · ${from} ${name(hole, "by")} ${Math.round(hole.minutes)} ${minutes}` : "";
    const icon = L.divIcon({ className: "pin hole", html: "✕", iconSize: [18, 18] });
    L.marker([hole.lat, hole.lon], { keyboard: false, title: `${name(hole)}${soonest}`, icon }).addTo(map);
  }
}

async function show() {
  const city = await got(box.dataset.source);
  const depots = city.depots.filter((one) => one.lat !== null && (!box.dataset.only || one.state === box.dataset.only));
  const map = plainMap();
  const borders = await drawBorders(map);
  const extent = depots.length ? L.latLngBounds(depots.map((one) => [one.lat, one.lon])) : borders.getBounds();
  if (extent.isValid()) map.fitBounds(extent.pad(0.06), { maxZoom: 14 });
  if (box.dataset.cover) await drawCover(map, depots);
  await breath();
  const layer = drawDepots(map, depots);
  await breath();
  drawNames(map, depots, layer);
  box.dataset.drawn = depots.length;
}

if (box && L) {
  show().catch((fault) => {
    document.getElementById("map-told").textContent = `${box.dataset.failed} (${fault.message})`;
  });
}

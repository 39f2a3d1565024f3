// The app: opens with what the phone has, at once; then asks the server what is new.
import { book, lay, may } from "./book.js";
import { openClock } from "./clock.js";
import { draftsWritten, openDrafts } from "./drafts.js";
import { renewDue } from "./due.js";
import { icon } from "./icons.js";
import { identify, session } from "./net.js";
import { PAGES } from "./pages/register.js";
import { keepPictures } from "./pictures.js";
import * as queue from "./queue.js";
import { open as openDepot, renew } from "./renewal.js";
import { endScan } from "./scanner.js";
import { kept } from "./store.js";
import { loadTexts } from "./texts.js";
import {
  _,
  back,
  countFieldsAnew,
  draw,
  fillForms,
  html,
  nobody,
  noteView,
  nothing,
  onDraw,
  onRenew,
  render,
} from "./ui.js";

/** @type {[string, string, () => string][]} */
const NAV = [
  ["", "todo", () => (fetches() ? _("Home") : _("To do"))],
  ["find", "search", () => _("Find")],
  ["scan", "scan", () => _("Scan")],
  ["counts", "count", () => _("Count")],
  ["hands", "hand", () => _("In my hands")],
  ["more", "more", () => _("More")],
];
// Who keeps nothing here counts nothing, and sees at once what they have to bring back
const fetches = () => Boolean(book.shelves.depot) && !may("keep");
const nav = () => NAV.filter(([path]) => path !== (fetches() ? "counts" : "hands"));
let page;
let shown = "";
let params = [];

async function route() {
  const { hash } = location;
  const [name, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const wanted = PAGES[name] ? name : "";
  const opened = (await PAGES[wanted]()).default;
  if (hash !== location.hash) return; // somebody went on while it was fetched
  endScan();
  page = opened;
  [shown, params] = [wanted, rest];
  page.enter?.(...rest);
  await draftsWritten();
  paint();
  scrollTo(0, 0);
  clearOfToast();
  document.getElementById("main")?.focus({ preventScroll: true });
}

// A toast of the page before lies over nothing of the new one. When it goes its room stays until the next tap: nothing
// moves under a finger.
addEventListener("click", () => !document.querySelector(".toast") && clearOfToast());
function clearOfToast() {
  const main = document.querySelector("main");
  main.style.paddingTop = "";
  const toast = document.querySelector(".toast");
  const over = toast ? toast.getBoundingClientRect().bottom - main.getBoundingClientRect().top : 0;
  if (over > 0) main.style.paddingTop = `${over + 8}px`;
}

function status() {
  const waits = book.queue.filter((one) => one.state === "waiting").length;
  const refused = book.queue.filter((one) => one.state === "refused").length;
  const word = refused
    ? _("{count} refused", { count: refused })
    : waits
      ? _("{count} waiting", { count: waits })
      : session.online
        ? ""
        : _("no signal");
  return html`<a
    class="status ${refused ? "bad" : waits || !session.online ? "warn" : ""}"
    href="#/outbox"
    aria-label=${word || _("Sent")}
    >${word || "✓"}</a
  >`;
}

function paint() {
  if (!page) return;
  const title = page.title(...params);
  document.title = `${title} · Readyshelf`;
  const open = page.public || session.me;
  countFieldsAnew();
  render(
    html`<header class="top">
        ${
          shown
            ? html`<button class="home plain" aria-label=${_("Back")} @click=${back}>‹</button>`
            : html`<span class="home" aria-hidden="true">${icon("home")}</span>`
        }
        <h1 id="main" tabindex="-1">${title}</h1>
        ${status()}
      </header>
      <main class="app" data-page=${[shown, ...params].join("/")}>${open ? page.view(...params) : nobody()}</main>
      ${noteView()}
      <nav class="bottom" aria-label=${_("Main")}>
        ${nav().map(
          ([path, sign, word]) =>
            html`<a
              href="#/${path}"
              class=${path === "scan" ? "big" : ""}
              aria-current=${shown === path ? "page" : nothing}
              ><span aria-hidden="true">${icon(sign)}</span>${word()}</a
            >`,
        )}
      </nav>`,
    document.getElementById("app"),
  );
  fillForms();
}

// What changed in the queue shows at once, in every tab.
async function queueChanged() {
  await lay();
  draw();
}

// Other tabs read from the phone what this one has fetched.
const pictures = new BroadcastChannel("readyshelf-pictures");
pictures.onmessage = async () => {
  await openDepot();
  draw();
};

async function refresh() {
  await renew();
  pictures.postMessage("renewed");
  draw();
  keepPictures();
}

async function begin() {
  onDraw(paint);
  await loadTexts();
  session.me = await kept("me");
  await Promise.all([openClock(), openDrafts()]);
  await openDepot();
  queue.onChange(queueChanged);
  queue.onBooked(refresh);
  onRenew(refresh);
  addEventListener("hashchange", route);
  addEventListener("offline", () => ((session.online = false), draw()));
  await route();
  if ("serviceWorker" in navigator)
    navigator.serviceWorker
      .register("/sw.js", { scope: "/app" })
      .then(() => navigator.serviceWorker.register("/sw.js?labels", { scope: "/q/" }))
      .catch((error) => console.warn("no service worker", error));
  navigator.storage?.persist?.();
  await identify();
  if (session.me) await refresh();
  else await lay();
  session.asked = true;
  renewDue();
  draw();
  queue.wake();
  setInterval(() => document.visibilityState === "visible" && session.me && refresh(), 60_000);
}

begin();

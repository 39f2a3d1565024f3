// What things look like: small pictures of the catalogue, kept on the phone for when there is no signal.
import { book } from "./book.js";
import { html, nothing } from "/vendor/lit-html.js";

const MOST = 300; // pictures that are kept, some 2 MB
const CACHE = "pictures"; // the service worker fills it; store.js empties it with the rest
let had = "";

const photoOf = (item) => item?.files?.find((file) => file.kind === "photo");
const small = (file) => `/api/catalogue/files/${file.id}/thumbnail`;

/** A picture beside a line; nothing where the catalogue has none. */
export function thumb(item) {
  const file = photoOf(item);
  return file ? html`<img class="thumb" src=${small(file)} alt="" width="44" height="44" loading="lazy" />` : nothing;
}

/** The picture on a thing's own page; a tap shows it large. */
export function portrait(item, words) {
  const file = photoOf(item);
  return file
    ? html`<a class="portrait" href="/api/catalogue/files/${file.id}" target="_blank" rel="noopener"
        ><img src=${small(file)} alt=${words}
      /></a>`
    : nothing;
}

/** Fetch the pictures of this depot's things that are not on the phone yet, one after the other; drop the others. */
export async function keepPictures() {
  const wanted = book.shelves.items.map(photoOf).filter(Boolean).slice(0, MOST).map(small);
  const now = wanted.join();
  if (!wanted.length || now === had) return;
  if (!navigator.serviceWorker?.controller)
    return void navigator.serviceWorker?.addEventListener("controllerchange", keepPictures, { once: true });
  had = now;
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  for (const path of kept) if (!wanted.includes(path) && kept.size > MOST) await cache.delete(path);
  for (const path of wanted) if (!kept.has(path)) await fetch(path).catch(() => (had = ""));
}

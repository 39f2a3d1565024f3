// Keeps the app's files on the phone, all of one version together; the server fills in which. Data and actions are the
// app's own (IndexedDB): they never pass through here.
const KEPT = {};
const worker = /** @type {any} */ (self);
const SHELL = `shell-${KEPT.version}`;
const LAZY = "decoder"; // large, the same for many versions: kept when it is first needed
const PICTURES = "pictures"; // of things, small: kept for when there is no signal (pictures.js)
// Registered a second time for what a label's QR opens: without a signal the app shows the thing
const LABELS = worker.registration.scope.endsWith("/q/");

worker.addEventListener("install", (event) => {
  if (LABELS) return void worker.skipWaiting();
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL);
      await cache.addAll(KEPT.assets.map((path) => new Request(path, { cache: "reload" })));
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(
        names.filter((name) => ![SHELL, LAZY, PICTURES].includes(name)).map((name) => caches.delete(name)),
      );
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (LABELS) {
    if (event.request.mode === "navigate") event.respondWith(label(event.request, url));
    return;
  }
  if (url.pathname === "/app" || KEPT.assets.includes(url.pathname))
    event.respondWith(fromShell(url.pathname, event.request));
  else if (url.pathname.startsWith("/vendor/zxing") || url.pathname.endsWith("/decoder.js"))
    event.respondWith(fromLazy(event.request));
  else if (/^\/api\/catalogue\/files\/[^/]+\/thumbnail$/.test(url.pathname)) event.respondWith(picture(event.request));
});

// The same address always answers the same.
async function picture(request) {
  const cache = await caches.open(PICTURES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function label(request, url) {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect(`${url.origin}/app#${url.pathname}`, 302);
  }
}

async function fromShell(path, request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(path)) ?? fetch(request);
}

async function fromLazy(request) {
  const cache = await caches.open(LAZY);
  const kept = await cache.match(request);
  const fresh = fetch(request).then((answer) => {
    if (answer.ok) cache.put(request, answer.clone());
    return answer;
  });
  if (!kept) return fresh;
  fresh.catch(() => {}); // without a signal what is kept serves
  return kept;
}

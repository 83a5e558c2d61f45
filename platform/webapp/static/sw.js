// Only one thing: when the network is gone, a page opened by hand says so instead of the browser's own error.
const CACHE = "offline-1";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const page = await fetch("/offline", { credentials: "omit" });
    const html = await page.clone().text();
    const styles = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map((match) => match[1]);
    const cache = await caches.open(CACHE);
    await cache.put("/offline", page);
    await cache.addAll(styles);
    await self.skipWaiting();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  else if (request.destination === "style") event.respondWith(fetch(request).catch(() => caches.match(request)));
});

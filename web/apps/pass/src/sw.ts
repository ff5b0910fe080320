/**
 * Keeps the page on the phone, so that showing a pass never asks a server.
 *
 * Everything the page is made of is fetched once and then served from the phone; what only some
 * phones need is kept when it is first asked for. A new version has a new list, hence a new cache;
 * the old one goes when the new one is complete. Calls to the API are never kept.
 */
export {};

declare const self: ServiceWorkerGlobalScope;

// Written in by the build.
declare const __FILES__: string[];
declare const __VERSION__: string;

self.addEventListener("install", (event) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(__VERSION__);
    await cache.addAll(__FILES__);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const sweep = async (): Promise<void> => {
    for (const name of await caches.keys()) if (name !== __VERSION__) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(sweep());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || pathname.startsWith("/api/")) return;
  const wanted = request.mode === "navigate" ? "/" : pathname;
  const answer = async (): Promise<Response> => {
    const found = await caches.match(wanted);
    if (found) return found;
    const fetched = await fetch(request);
    if (fetched.ok && pathname.startsWith("/assets/")) {
      await (await caches.open(__VERSION__)).put(pathname, fetched.clone());
    }
    return fetched;
  };
  event.respondWith(answer());
});

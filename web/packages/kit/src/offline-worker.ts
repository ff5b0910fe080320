/**
 * Keeps an app on its device, so that opening it never needs a server: the pass, the gate.
 *
 * Everything the page is made of is fetched once and then served from the device; what only
 * some devices need is kept when it is first asked for. A new version has a new list, hence a new cache;
 * the old one goes when the new one is complete. Calls to the API are never kept.
 */
export {};

declare const self: ServiceWorkerGlobalScope;

// Written in by the build.
declare const __FILES__: string[];
declare const __VERSION__: string;
/** Address of the page. */
declare const __HOME__: string;

/** Two apps may share an origin; each tidies its own. */
const CACHE = __HOME__ + __VERSION__;

self.addEventListener("install", (event) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(__FILES__);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const sweep = async (): Promise<void> => {
    for (const name of await caches.keys()) {
      const ours = name.startsWith(__HOME__) && /^[0-9a-f]+$/.test(name.slice(__HOME__.length));
      if (ours && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(sweep());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || pathname.startsWith("/api/")) return;
  // Another page of the same origin is another app.
  const navigates = request.mode === "navigate";
  if (navigates && pathname !== __HOME__) return;
  const wanted = navigates ? __HOME__ : pathname;
  const answer = async (): Promise<Response> => {
    const found = await caches.match(wanted);
    if (found) return found;
    const fetched = await fetch(request);
    if (fetched.ok && pathname.includes("/assets/")) {
      await (await caches.open(CACHE)).put(pathname, fetched.clone());
    }
    return fetched;
  };
  event.respondWith(answer());
});

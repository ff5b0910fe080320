/**
 * A drawer in IndexedDB: named values, nothing more.
 *
 * IndexedDB rather than localStorage because only it holds a non-extractable key and a photo, and
 * because the service worker can reach it.
 */

const TABLE = "kept";
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("gridpass", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Where a browser keeps nothing: a private window, or a locked-down one. It lasts as long as the page. */
const memory = new Map<IDBValidKey, unknown>();
let keeps = true;

async function within<T>(
  mode: IDBTransactionMode,
  work: (table: IDBObjectStore) => IDBRequest<T>,
  instead: () => T,
): Promise<T> {
  const db = keeps ? await open().catch(() => null) : null;
  if (!db) {
    keeps = false;
    return instead();
  }
  const tx = db.transaction(TABLE, mode);
  const request = work(tx.objectStore(TABLE));
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve(request.result);
    tx.onerror = tx.onabort = () => reject(tx.error);
  });
}

/** What is kept under a name, or undefined. */
export const kept = <T>(name: string): Promise<T | undefined> =>
  within("readonly", (table) => table.get(name), () => memory.get(name) as T | undefined);

/** Keeps a value under a name. */
export const keep = (name: string, value: unknown): Promise<unknown> =>
  within<unknown>("readwrite", (table) => table.put(value, name), () => memory.set(name, value));

/** Names under which something is kept. */
export const keptNames = (): Promise<IDBValidKey[]> => within("readonly", (table) => table.getAllKeys(), () => [...memory.keys()]);

/** Throws away what is kept under a name. */
export const forget = (name: string): Promise<unknown> =>
  within<unknown>("readwrite", (table) => table.delete(name), () => memory.delete(name));

/** Throws everything away. */
export const forgetAll = (): Promise<unknown> => within<unknown>("readwrite", (table) => table.clear(), () => memory.clear());

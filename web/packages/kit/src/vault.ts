/**
 * A sealed drawer on a device that several workers share: nothing in it can be read, and nothing
 * put in, before one of them has signed in.
 *
 * - Each worker has a *slot*: the vault's key wrapped under their secret (a shift's PIN, a password).
 *   A slot named for the server may hold a secret that only the server gives, after a sign-in: so the
 *   next worker reaches what the one before left, also when that one went without handing over.
 * - It locks by itself after a time without `touch`, at a hand-over, and when the page goes away:
 *   the key lives in memory only.
 * - Wrong secrets cost a growing wait. Nothing is ever lost to a typing error.
 * - Its queues keep their order and upload exactly once; see `vault-queue.ts`.
 */
import { createQueue, type Queue } from "./vault-queue";
import { type Bytes, newKey, seal, type Sealed, type Slot, unseal, unwrap, useKey, wrap } from "./vault-seal";
import { type Shelf, Taken } from "./vault-shelf";

export { type Claim, type Queue } from "./vault-queue";
export { deviceShelf } from "./vault-shelf";

/** Nobody has signed in, or the time is over. */
export class Locked extends Error {}

export type Unlocked = { result: "open" } | { result: "wrong" | "unknown" } | { result: "wait"; until_ms: number };

export interface VaultOptions {
  /** Locks after so long without `touch`. */
  idle_ms: number;
  /** Called whenever it locks, by itself or not. */
  onLock?: () => void;
  now_ms?: () => number;
  /** Rounds of PBKDF2 for new slots. */
  rounds?: number;
}

/** Who signs in: the name of the slot and its secret. */
export interface Worker {
  worker: string;
  secret: string;
}

const ROUNDS = 600_000;
const WRONG_FREE = 4;
const WAIT_MS = 30_000;
const WAIT_MS_MAX = 3_600_000;
const SLOT = "slot/";
const RECORD = "record/";

export interface Vault {
  /** Whether it has a key yet: whether any worker ever signed in. */
  exists(): Promise<boolean>;
  /** Whether this worker can sign in without the server. */
  knows(worker: string): Promise<boolean>;
  readonly open: boolean;
  /** Makes the key and the first slot, and opens. Rejects if there is a key already. */
  create(first: Worker): Promise<void>;
  unlock(who: Worker): Promise<Unlocked>;
  /** Gives a worker a slot, or a new secret; whoever has a slot vouches for it. */
  admit(who: Worker, by: Worker): Promise<boolean>;
  /** Takes a worker's slot away. */
  dismiss(worker: string): Promise<void>;
  /** The worker is at work: the time until it locks begins anew. */
  touch(): void;
  lock(): void;
  /** Destroys the key and everything under it. */
  wipe(): Promise<void>;
  put(name: string, value: unknown): Promise<void>;
  get<T>(name: string): Promise<T | undefined>;
  putBytes(name: string, value: Bytes): Promise<void>;
  getBytes(name: string): Promise<Bytes | undefined>;
  remove(name: string): Promise<void>;
  queue<T>(name: string): Queue<T>;
}

/** The key while it is open, and the clock that takes it away. */
class Session {
  #key: CryptoKey | null = null;
  #until_ms = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly idle_ms: number,
    private readonly now_ms: () => number,
    private readonly onLock: () => void,
  ) {}

  get isOpen(): boolean {
    if (this.#key && this.now_ms() >= this.#until_ms) this.close();
    return this.#key !== null;
  }

  get key(): CryptoKey {
    if (!this.isOpen || !this.#key) throw new Locked();
    return this.#key;
  }

  begin(key: CryptoKey): void {
    this.#key = key;
    this.touch();
  }

  touch(): void {
    if (!this.#key) return;
    this.#until_ms = this.now_ms() + this.idle_ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.isOpen, this.idle_ms);
  }

  close(): void {
    clearTimeout(this.#timer);
    if (!this.#key) return;
    this.#key = null;
    this.onLock();
  }
}

/** The slots on a shelf: who can open it, and how often they were wrong. */
function slotsOf(shelf: Shelf, now_ms: () => number) {
  const find = (worker: string): Promise<Slot | undefined> =>
    shelf.get(SLOT + worker) as Promise<Slot | undefined>;
  const write = (worker: string, value: Slot): Promise<void> =>
    shelf.apply([{ op: "put", name: SLOT + worker, value }]);

  /** The key's bytes, or why not; a wrong secret is counted before the answer is given. */
  async function keyOf({ worker, secret }: Worker): Promise<Bytes | Exclude<Unlocked, { result: "open" }>> {
    const slot = await find(worker);
    if (!slot) return { result: "unknown" };
    if (now_ms() < slot.not_before_ms) return { result: "wait", until_ms: slot.not_before_ms };
    const bytes = await unwrap(slot, worker, secret);
    if (bytes) {
      if (slot.wrong > 0) await write(worker, { ...slot, wrong: 0, not_before_ms: 0 });
      return bytes;
    }
    const over = slot.wrong - WRONG_FREE;
    const wait_ms = over < 0 ? 0 : Math.min(WAIT_MS * 2 ** over, WAIT_MS_MAX);
    await write(worker, { ...slot, wrong: slot.wrong + 1, not_before_ms: now_ms() + wait_ms });
    return { result: "wrong" };
  }

  return { find, write, keyOf };
}

/** A vault on a shelf. */
export function openVault(shelf: Shelf, options: VaultOptions): Vault {
  const { idle_ms, onLock = () => undefined, now_ms = Date.now, rounds = ROUNDS } = options;
  const session = new Session(idle_ms, now_ms, onLock);
  const slots = slotsOf(shelf, now_ms);

  async function create({ worker, secret }: Worker): Promise<void> {
    if ((await shelf.count(SLOT)) > 0) throw new Taken();
    const bytes = newKey();
    // Records without a slot are of a vault that nobody can open any more.
    await shelf.clear();
    await shelf.apply([
      { op: "add", name: SLOT + worker, value: await wrap(bytes, worker, secret, rounds) },
    ]);
    session.begin(await useKey(bytes));
  }

  async function unlock(who: Worker): Promise<Unlocked> {
    const bytes = await slots.keyOf(who);
    if (!(bytes instanceof Uint8Array)) return bytes;
    session.begin(await useKey(bytes));
    return { result: "open" };
  }

  async function admit({ worker, secret }: Worker, by: Worker): Promise<boolean> {
    const bytes = await slots.keyOf(by);
    if (!(bytes instanceof Uint8Array)) return false;
    await slots.write(worker, await wrap(bytes, worker, secret, rounds));
    bytes.fill(0);
    return true;
  }

  async function putBytes(name: string, value: Bytes): Promise<void> {
    const sealed = await seal(session.key, RECORD + name, value);
    await shelf.apply([{ op: "put", name: RECORD + name, value: sealed }]);
  }

  async function getBytes(name: string): Promise<Bytes | undefined> {
    const { key } = session;
    const sealed = (await shelf.get(RECORD + name)) as Sealed | undefined;
    return sealed && unseal(key, RECORD + name, sealed);
  }

  return {
    exists: async () => (await shelf.count(SLOT)) > 0,
    knows: async (worker) => (await slots.find(worker)) !== undefined,
    get open() {
      return session.isOpen;
    },
    create,
    unlock,
    admit,
    dismiss: (worker) => shelf.apply([{ op: "delete", name: SLOT + worker }]),
    touch: () => session.touch(),
    lock: () => session.close(),
    wipe: async () => {
      session.close();
      await shelf.clear();
    },
    put: (name, value) => putBytes(name, new TextEncoder().encode(JSON.stringify(value))),
    get: async <T>(name: string) => {
      const bytes = await getBytes(name);
      return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
    },
    putBytes,
    getBytes,
    remove: (name) => shelf.apply([{ op: "delete", name: RECORD + name }]),
    queue: <T>(name: string) => createQueue<T>(shelf, name, () => session.key),
  };
}

/**
 * The worker's sealed drawer on this phone: the session, the stops, the team's lists, drafts, what
 * waits to be sent.
 *
 * A session that runs out meanwhile takes nothing away: who works stays known, doors and drafts stay
 * at hand under the PIN, and what is saved waits until somebody signs in. Signing out, an account that
 * is closed and a phone that is cleared end it.
 *
 * One drawer for each worker, opened with a PIN. The key lives in memory: a phone that threw the page
 * away to save its battery asks for the PIN and goes on where it was, with or without network.
 */
import { kept, keep } from "@gridpass/kit/store";
import { deviceShelf, openVault, type Unlocked, type Vault } from "@gridpass/kit/vault";
import { returned } from "@gridpass/staff/returned";
import { keeping, session, setSession, type Kept } from "@gridpass/staff/session";
import { reactive, shallowReactive, watch } from "vue";

/** Who worked on this phone last: no secret, so that the PIN page can greet. */
export interface LastWorker {
  staff_id: number;
  display_name: string;
}

const LAST = "field.worker";
const SESSION = "session";
const IDLE_MS = 15 * 60_000;

export const lock = reactive({
  /** Whether it is known yet who worked here last. */
  ready: false,
  last: null as LastWorker | null,
  /** Whether the last worker has a drawer here. */
  hasDrawer: false,
  open: false,
  /**
   * Somebody whose session ran out asked for the sign-in page, or comes back to it from the identity
   * provider; the drawer stays open behind it.
   */
  signingIn: returned(location.search) !== null,
});

const held = shallowReactive({ vault: null as Vault | null });

const drawerOf = (staff_id: number): Vault =>
  openVault(deviceShelf(`gridpass-field-${staff_id}`), {
    idle_ms: IDLE_MS,
    onLock: () => {
      lock.open = false;
    },
  });

const slot = (staff_id: number): string => `worker/${staff_id}`;

/** The open drawer. Throws `Locked` on use when it is not. */
export function drawer(): Vault {
  if (!held.vault) throw new Error("no drawer");
  return held.vault;
}

let started: Promise<void> | null = null;

/** Finds out who was here, once. */
export function startLock(): Promise<void> {
  started ??= look();
  return started;
}

async function look(): Promise<void> {
  lock.last = (await kept<LastWorker>(LAST)) ?? null;
  if (lock.last) {
    held.vault = drawerOf(lock.last.staff_id);
    lock.hasDrawer = await held.vault.exists();
    // With a drawer the tab keeps nothing in the clear.
    if (lock.hasDrawer) keeping.inTab = false;
  }
  lock.ready = true;
}

/** Looks, after signing in, whether this worker has a drawer here. */
export async function meetWorker(): Promise<void> {
  await startLock();
  const account = session.account;
  if (!account || lock.last?.staff_id === account.staff_id) return;
  held.vault?.lock();
  held.vault = drawerOf(account.staff_id);
  lock.last = { staff_id: account.staff_id, display_name: account.display_name };
  lock.hasDrawer = await held.vault.exists();
  lock.open = false;
}

async function opened(): Promise<void> {
  keeping.inTab = false;
  keeping.account = true;
  sessionStorage.removeItem("gridpass.session");
  await keep(LAST, { ...lock.last });
  if (session.token) await keepSession();
  else {
    const view = await drawer().get<Kept>(SESSION);
    if (view) setSession(view);
  }
  lock.hasDrawer = true;
  lock.open = true;
}

/** Writes into the drawer who works, with the session as long as there is one. */
async function keepSession(): Promise<void> {
  const { token, account } = session;
  // Somebody else signed in: the drawer of that one comes in a moment.
  if (account && account.staff_id !== lock.last?.staff_id) return;
  if (!account) {
    // Signed out from elsewhere, or the account was closed: nothing goes on here.
    await drawer().remove(SESSION);
    lockNow();
  } else if (account.needs.length === 0) await drawer().put(SESSION, { token, account });
  else if (!token) {
    // Signing in anew was given up half way: work goes on as whoever it was.
    const view = await drawer().get<Kept>(SESSION);
    if (view) setSession({ ...view, token: "" });
  }
}

watch(
  () => [session.token, session.account],
  () => {
    if (session.token) lock.signingIn = false;
    if (lock.open) void keepSession().catch(() => undefined);
  },
);

/** Forgets the session that was signed out. */
export const forgetSession = (): Promise<void> => drawer().remove(SESSION);

/** Makes the drawer under a new PIN. */
export async function makeDrawer(pin: string): Promise<void> {
  await drawer().create({ worker: slot(lock.last!.staff_id), secret: pin });
  await opened();
}

/** Opens the drawer, or says why not. */
export async function openDrawer(pin: string): Promise<Unlocked> {
  const result = await drawer().unlock({ worker: slot(lock.last!.staff_id), secret: pin });
  if (result.result === "open") await opened();
  return result;
}

/** How much of this worker's lies unsent in a drawer that nobody can open any more. */
export async function unsentIn(): Promise<number> {
  const counts = await Promise.all(["sends", "checks"].map((name) => drawer().queue(name).count()));
  return counts.reduce((all, one) => all + one, 0);
}

/** Destroys the drawer and all that lies in it. */
export async function destroyDrawer(): Promise<void> {
  await drawer().wipe();
  lock.hasDrawer = false;
  lock.open = false;
}

/** Locks now: the phone changes hands. */
export const lockNow = (): void => held.vault?.lock();

/** Somebody else signs in on this phone. */
export function someoneElse(): void {
  held.vault?.lock();
  keeping.inTab = true;
  keeping.account = false;
  lock.signingIn = false;
  lock.last = null;
  lock.hasDrawer = false;
  setSession(null);
}

addEventListener("pointerdown", () => held.vault?.touch(), { passive: true });
addEventListener("keydown", () => held.vault?.touch());

/** The operations a gate's device and its guard call, named as the server names them. */
import type {
  AccountView,
  CheckedDecision,
  CheckedPaper,
  Decision,
  DeviceShift,
  DeviceTable,
  DeviceView,
  EnrolledDevice,
  EntriesView,
  GateBoard,
  GateCodeView,
  HandOver,
  GateHold,
  GateHolds,
  HolderCard,
  NewEntry,
  NewGateCheck,
  NewScan,
  Recall,
  SessionView,
  Shift,
  StartedShift,
  TenDontsView,
  UploadView,
} from "@gridpass/api";
import { Problem, send, sendJson, Unreachable } from "@gridpass/kit/problem";
import type { PublishedKey } from "@gridpass/passcode/verify";

const api = "/api/v1/";
/** The server's code when no guard is on duty with this device, or not any more. */
export const SHIFT_NEEDED = "shift_needed";
const SCAN_TIMEOUT_MS = 4_000;
const UPLOAD_TIMEOUT_MS = 30_000;

/** The token of the guard's shift while the vault is open; it is kept nowhere else in the open. */
let shiftToken = "";
let onShiftOver = (): void => undefined;

/** Acts for a guard's shift from here on; with an empty token for nobody. */
export const actFor = (token: string): void => {
  shiftToken = token;
};

/** What is done when the server says that the shift is over. */
export const whenShiftOver = (work: () => void): void => {
  onShiftOver = work;
};

/** Asks as the guard on duty: what shows people, or decides about one. The device's token alone is refused. */
async function asGuard<T>(token: string, ask: (token: string) => Promise<T>): Promise<T> {
  const shown = shiftToken;
  try {
    return await ask(shown || token);
  } catch (error) {
    // Of a shift before, or of a device that was locked meanwhile, it says nothing new.
    if (error instanceof Problem && error.body.code === SHIFT_NEEDED && shown === shiftToken) onShiftOver();
    throw error;
  }
}

export const enrolDevice = (code: string): Promise<EnrolledDevice> =>
  sendJson(`${api}device/enrol`, { body: { code } });

/** A sign of life; `said` is what the device says of itself. */
export const getDevice = (token: string, said: Record<string, string>): Promise<DeviceView> =>
  sendJson(`${api}device?${new URLSearchParams(said)}`, { token });

export const getGateCode = (token: string): Promise<GateCodeView> =>
  sendJson(`${api}device/gate-code`, { token });

export const createScan = (token: string, body: NewScan): Promise<Decision> =>
  asGuard(token, (guard) => sendJson(`${api}scans`, { token: guard, body, timeout_ms: SCAN_TIMEOUT_MS }));

export const getHolderCard = (token: string, person_id: number): Promise<HolderCard> =>
  asGuard(token, (guard) => sendJson(`${api}scans/card/${person_id}`, { token: guard }));

export const getHolderPhoto = (token: string, person_id: number): Promise<Blob> =>
  asGuard(token, async (guard) => (await send(`${api}scans/photo/${person_id}`, { token: guard })).blob());

/** The same key is the same check, however often it is sent. */
export const createGateCheck = (token: string, body: NewGateCheck, key?: string): Promise<CheckedDecision> =>
  asGuard(token, (guard) =>
    sendJson(`${api}gate-checks`, { token: guard, body, ...(key && { headers: { "idempotency-key": key } }) }),
  );

/** A printed paper, by its serial as printed or read. */
export const checkPaper = (token: string, serial: string): Promise<CheckedPaper> =>
  asGuard(token, (guard) => sendJson(`${api}papers/check`, { token: guard, body: { serial } }));

export const putDeviceKey = (token: string, public_key: string): Promise<Response> =>
  send(`${api}device/key`, { token, method: "PUT", body: { public_key } });

/** Sends kept scans: the exact text that was signed. */
export const uploadScans = (token: string, text: string, signature: string): Promise<UploadView> =>
  sendJson(`${api}scans/batch`, {
    token,
    method: "POST",
    body: text,
    type: "application/json",
    headers: { "x-device-signature": signature },
    timeout_ms: UPLOAD_TIMEOUT_MS,
  });

export const addRegisterEntries = (token: string, entries: NewEntry[]): Promise<EntriesView> =>
  sendJson(`${api}device/register`, { token, body: { entries }, timeout_ms: UPLOAD_TIMEOUT_MS });

export const getPassKeys = (): Promise<{ keys: PublishedKey[] }> => sendJson("/.well-known/gridpass-keys");

export const getDeviceTable = (token: string): Promise<DeviceTable> => sendJson(`${api}device/table`, { token });

/** What changed since a version, everything, or nothing; and up to when that is complete. */
export async function getColourSnapshot(
  token: string,
  since: number | null,
): Promise<{ bytes: Uint8Array<ArrayBuffer> | null; as_of_ms: number }> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (since !== null) headers["if-none-match"] = `"${since}"`;
  let answer: Response;
  try {
    const signal = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
    answer = await fetch(`${api}device/snapshot?${since === null ? "" : `since=${since}`}`, { headers, cache: "no-store", signal });
    const as_of_ms = Date.parse(answer.headers.get("x-snapshot-as-of") ?? "");
    if (answer.status === 304) return { bytes: null, as_of_ms };
    if (answer.ok) return { bytes: new Uint8Array(await answer.arrayBuffer()), as_of_ms };
  } catch {
    throw new Unreachable();
  }
  throw new Problem({ status: answer.status, code: `http_${answer.status}` });
}

export const getGateBoard = (token: string): Promise<GateBoard> => sendJson(`${api}device/board`, { token });

export const getHold = (token: string, person_id: number): Promise<GateHold> =>
  asGuard(token, (guard) => sendJson(`${api}device/holds/${person_id}`, { token: guard }));

export const listGateHolds = (token: string): Promise<GateHolds> =>
  asGuard(token, (guard) => sendJson(`${api}device/holds`, { token: guard }));

export const listRecalls = (token: string): Promise<Recall[]> =>
  asGuard(token, (guard) => sendJson(`${api}device/recalls`, { token: guard }));

export const getShift = (token: string): Promise<DeviceShift> => sendJson(`${api}device/shift`, { token });

export const handOverShift = (token: string, body: HandOver): Promise<Shift> =>
  sendJson(`${api}device/shift/hand-over`, { token, body });

// The guard's own sign-in, which ends as soon as the shift has begun.

export const signIn = (username: string, password: string): Promise<SessionView> =>
  sendJson(`${api}sessions`, { body: { username, password } });

export const presentSecondFactor = (token: string, code: string): Promise<AccountView> =>
  sendJson(`${api}sessions/current/second-factor`, { token, body: { code } });

export const chooseGrant = (token: string, grant_id: number): Promise<AccountView> =>
  sendJson(`${api}sessions/current/grant`, { token, method: "PUT", body: { grant_id } });

export const changePassword = (token: string, current: string, password: string): Promise<unknown> =>
  sendJson(`${api}me/password`, { token, method: "PUT", body: { current, password } });

export const getTenDonts = (token: string): Promise<TenDontsView> => sendJson(`${api}me/ten-donts`, { token });

export const confirmTenDonts = (token: string, version: number): Promise<unknown> =>
  sendJson(`${api}me/ten-donts`, { token, body: { version } });

export const getMe = (token: string): Promise<AccountView> => sendJson(`${api}me`, { token });

export const signOut = (token: string): Promise<unknown> =>
  sendJson(`${api}sessions/current`, { token, method: "DELETE" });

export const startShift = (token: string, gate_id: number, device_token: string): Promise<StartedShift> =>
  sendJson(`${api}gates/${gate_id}/shifts`, { token, method: "POST", headers: { "x-device-token": device_token } });

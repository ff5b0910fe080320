/** The operations a gate's device calls, named as the server names them. */
import type {
  CheckedDecision,
  Decision,
  DeviceView,
  GateCodeView,
  HolderCard,
  NewGateCheck,
  NewScan,
  UploadView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import type { PublishedKey } from "@gridpass/passcode/verify";

const api = "/api/v1/";
const SCAN_TIMEOUT_MS = 4_000;

export const getDevice = (token: string): Promise<DeviceView> => sendJson(`${api}device`, { token });

export const getGateCode = (token: string): Promise<GateCodeView> =>
  sendJson(`${api}device/gate-code`, { token });

export const createScan = (token: string, body: NewScan): Promise<Decision> =>
  sendJson(`${api}scans`, { token, body, timeout_ms: SCAN_TIMEOUT_MS });

export const getHolderCard = (token: string, person_id: number): Promise<HolderCard> =>
  sendJson(`${api}scans/card/${person_id}`, { token });

export const getHolderPhoto = async (token: string, person_id: number): Promise<Blob> =>
  (await send(`${api}scans/photo/${person_id}`, { token })).blob();

export const createGateCheck = (token: string, body: NewGateCheck): Promise<CheckedDecision> =>
  sendJson(`${api}gate-checks`, { token, body });

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
    timeout_ms: 30_000,
  });

export const getPassKeys = (): Promise<{ keys: PublishedKey[] }> => sendJson("/.well-known/gridpass-keys");

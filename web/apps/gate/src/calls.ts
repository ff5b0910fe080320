/** The operations a gate's device calls, named as the server names them. */
import type { CheckedDecision, Decision, DeviceView, GateCodeView, HolderCard, NewGateCheck, NewScan } from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";

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

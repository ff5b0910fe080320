/** Gates and their devices, for those who set them up. */
import type { DeviceCode, GateDetail, GatePage, GateView, RegisteredDevice, Shift } from "@gridpass/api";
import { get, post, post204 } from "@gridpass/staff/calls";
import { leftOf } from "../ages";

const GATES_MAX = 1000;
const PAGES_MAX = 20;
/** A device says every half minute that it is there. */
const SILENT_S = 180;

/** Every gate of the jurisdiction, page by page. */
export async function listGates(): Promise<GateView[]> {
  const found: GateView[] = [];
  let after = 0;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await get<GatePage>(`gates?after=${after}&limit=${GATES_MAX}`);
    found.push(...page.items);
    if (page.next === undefined || page.next === null) break;
    after = page.next;
  }
  return found;
}

/** The gate with whose it is; some gates are named after their owner already. */
export const gateName = ({ owner, name }: Pick<GateView, "owner" | "name">): string =>
  owner && !name.startsWith(owner) ? `${owner} · ${name}` : name;

export const getGate = (gate_id: number): Promise<GateDetail> => get(`gates/${gate_id}`);
export const listShifts = (gate_id: number): Promise<Shift[]> => get(`gates/${gate_id}/shifts`);
export const createDeviceCode = (gate_id: number, name: string): Promise<DeviceCode> =>
  post(`gates/${gate_id}/device-codes`, { name });
export const revokeDevice = (device_id: number): Promise<unknown> => post204(`devices/${device_id}/revoke`);

export type Standing = "here" | "silent" | "unheard" | "barred";

/** How a device stands: heard of just now, silent, never heard of, or barred. */
export function standingOf({ active, report }: RegisteredDevice): Standing {
  if (!active) return "barred";
  if (!report) return "unheard";
  return leftOf(report.at) < -SILENT_S ? "silent" : "here";
}

const ENTRY = /assets\/index-([\w-]+)\.js/;

/** Which build of the gate app this server hands out now; empty when it does not say. */
export async function servedVersion(): Promise<string> {
  const page = await fetch("/gate/", { cache: "no-store" }).catch(() => null);
  return ENTRY.exec((await page?.text()) ?? "")?.[1] ?? "";
}

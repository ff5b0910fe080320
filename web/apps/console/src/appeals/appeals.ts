/** Appeals: what the console asks about them, and their clocks and causes in words. */
import type {
  AppealDetail,
  AppealEvidence,
  AppealOwner,
  AppealPage,
  AppealStats,
  AppealView,
  DecisionReason,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { leftOf } from "../ages";
import { say } from "../people/facts";
import { session } from "../session";
import { t } from "../words";

const api = "/api/v1/appeals";
const LISTED_MAX = 200;
/** A scan of some pages over a slow line. */
const UPLOAD_MS_MAX = 60_000;

/** What the inbox shows. */
export const SHOWS = ["mine", "unit", "all", "late", "closed"] as const;
export type Shows = (typeof SHOWS)[number];

const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
const post = <T>(path: string, body: unknown): Promise<T> => sendJson<T>(api + path, { token: session.token, body });
const at = (appeal: { person_id: number; appeal_id: number }): string => `/${appeal.person_id}/${appeal.appeal_id}`;

const CLOSED = ["granted", "rejected", "withdrawn"] as const;

function page(query: Record<string, string>, prefix: string): Promise<AppealPage> {
  const all = new URLSearchParams({ limit: String(LISTED_MAX), ...query });
  if (prefix) all.set("prefix", prefix);
  return get(`?${all}`);
}

/** Appeals below a division: what is due soonest first, what was decided last first. */
export async function listAppeals(shows: Shows, prefix: string): Promise<{ items: AppealView[]; more: boolean }> {
  if (shows !== "closed") {
    const query: Record<string, string> = shows === "late" ? { late: "true" } : { whose: shows };
    const found = await page(query, prefix);
    const items = found.items.toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
    return { items, more: !!found.next };
  }
  const pages = await Promise.all(CLOSED.map((status) => page({ status }, prefix)));
  const items = pages
    .flatMap((one) => one.items)
    .toSorted((a, b) => Date.parse(b.decided_at ?? b.opened_at) - Date.parse(a.decided_at ?? a.opened_at));
  return { items, more: pages.some((one) => !!one.next) };
}

export const getAppeal = (person_id: number, appeal_id: number): Promise<AppealDetail> => get(at({ person_id, appeal_id }));
export const decideAppeal = (
  appeal: AppealView,
  decision: { reason: DecisionReason; text: string; correct_name?: string },
): Promise<AppealDetail> => post(`${at(appeal)}/decide`, decision);
export const listAssignees = (appeal: AppealView): Promise<AppealOwner[]> => get(`${at(appeal)}/assignees`);
export const assignAppeal = (appeal: AppealView, staff_id: number): Promise<AppealDetail> =>
  post(`${at(appeal)}/assign`, { staff_id });
export const getAppealStats = (division: string, days: number): Promise<AppealStats> => {
  const query = new URLSearchParams({ days: String(days) });
  if (division) query.set("division", division);
  return get(`/stats?${query}`);
};
export const getEvidence = async (appeal: AppealView, evidence: AppealEvidence): Promise<Blob> =>
  (await send(`${api}${at(appeal)}/evidence/${evidence.evidence_id}`, { token: session.token, timeout_ms: UPLOAD_MS_MAX })).blob();
export const addEvidence = (appeal: AppealView, file: Blob): Promise<AppealEvidence> =>
  sendJson(`${api}${at(appeal)}/evidence`, {
    token: session.token,
    body: file,
    type: "application/octet-stream",
    timeout_ms: UPLOAD_MS_MAX,
  });

/** What an appeal is against: 密切接触者, or 姓名. */
export const causeOf = (appeal: Pick<AppealView, "kind" | "cause">): string =>
  say(appeal.kind === "detail" ? "appeal_about" : "reason", appeal.cause);

/** `还剩 5 小时 12 分`, or how late it is. */
export function clockOf(due_at: string): { late: boolean; soon: boolean; said: string } {
  const left_s = leftOf(due_at);
  const minutes_in = Math.floor(Math.abs(left_s) / 60);
  const parts = { hours: Math.floor(minutes_in / 60), minutes: minutes_in % 60 };
  const unit = parts.hours > 0 ? "hours" : "minutes";
  const late = left_s <= 0;
  return { late, soon: left_s < 6 * 3600, said: t(late ? `appeal_over_${unit}` : `appeal_left_${unit}`, parts) };
}

/** `26 小时`, for a time that something took. */
export function spanOf(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? t("span_minutes", { count: minutes }) : t("span_hours", { count: Math.round(minutes / 60) });
}

/** Reasons that fit what an appeal is against, as the server would say. */
export function reasonsFor(appeal: AppealDetail): DecisionReason[] {
  const by_facts = appeal.facts.length > 0;
  const detail = appeal.kind === "detail";
  const grants: DecisionReason[] = [
    ...(by_facts ? (["evidence_wrong", "wrong_person", "outdated"] as const) : []),
    ...(detail ? (["detail_corrected"] as const) : []),
    ...(!by_facts || detail ? (["visit_ordered"] as const) : []),
  ];
  const rejects: DecisionReason[] = ["evidence_confirmed", "term_runs", "nothing_shown"];
  return appeal.grant_hindrance ? rejects : [...grants, ...rejects];
}

/** What the rule lab asks of the server, named as the server names it. */
import type {
  BackTestExample,
  BackTestPage,
  BackTestView,
  CheckedRuleSet,
  NewBackTest,
  NewRuleSchedule,
  NewRuleSet,
  NewRuleShadow,
  RuleSchedule,
  RuleSchedulePage,
  RuleSetEdit,
  RuleSetPage,
  RuleSetView,
  RuleShadow,
  RuleShadowPage,
  RuleShadowView,
  RulesInForce,
  RuleStepPage,
  RuleTablesView,
  TablesReport,
  WorkbookView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { session } from "./session";

const api = "/api/v1/";
const LISTED_MAX = 1000;
const PAGES_MAX = 20;
const EXAMPLES_MAX = 5;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body });
const put = <T>(path: string, body: unknown): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body, method: "PUT" });

/** Pages of a list, one after the other. */
async function all<T>(page: (after: number) => Promise<{ items: T[]; next?: number | null }>): Promise<T[]> {
  const found: T[] = [];
  let after = 0;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const { items, next } = await page(after);
    found.push(...items);
    if (next === undefined || next === null) break;
    after = next;
  }
  return found;
}

export const listRuleSets = (): Promise<RuleSetView[]> =>
  all((after) => get<RuleSetPage>(`rule-sets?after=${after}&limit=${LISTED_MAX}`));
export const getRuleSet = (version: number): Promise<RuleTablesView> => get(`rule-sets/${version}`);
export const createRuleSet = (input: NewRuleSet): Promise<RuleSetView> => post("rule-sets", input);
export const updateRuleSet = (version: number, input: RuleSetEdit): Promise<RuleSetView> =>
  put(`rule-sets/${version}`, input);
export const checkRuleTables = (input: { colour_csv: string; gate_csv: string; cases: string }): Promise<TablesReport> =>
  post("rule-tables/check", input);
export const readRuleWorkbook = (file: Blob): Promise<WorkbookView> =>
  sendJson(`${api}rule-tables/read-workbook`, { token: session.token, body: file, type: XLSX });
export const checkRuleSet = (version: number): Promise<CheckedRuleSet> => post(`rule-sets/${version}/check`);
export const approveRuleSet = (version: number, note: string): Promise<RuleSetView> =>
  post(`rule-sets/${version}/approve`, { note });
export const withdrawRuleSet = (version: number, note: string): Promise<RuleSetView> =>
  post(`rule-sets/${version}/withdraw`, { note });
export const listRuleSteps = (version: number): Promise<RuleStepPage> =>
  get(`rule-sets/${version}/steps?limit=${LISTED_MAX}`);

/** A part or form of a version as a file: `3.xlsx`, `3/colour.csv`. */
export const getRuleFile = async (name: string): Promise<Blob> =>
  (await send(`${api}rule-sets/${name}`, { token: session.token })).blob();

export const getRulesInForce = (): Promise<RulesInForce> => get("rules-in-force");
export const rollBackRules = (place_prefix: string, note: string): Promise<RulesInForce> =>
  post("rules-in-force/roll-back", { place_prefix, note });
export const listRuleSchedules = (): Promise<RuleSchedule[]> =>
  all((after) => get<RuleSchedulePage>(`rule-schedules?after=${after}&limit=${LISTED_MAX}`));
export const scheduleRuleSet = (version: number, input: NewRuleSchedule): Promise<RuleSchedule> =>
  post(`rule-sets/${version}/schedules`, input);

const scheduleDecisions = {
  cancel: (id: number, note: string): Promise<RuleSchedule> => post(`rule-schedules/${id}/cancel`, { note }),
  release: (id: number, note: string): Promise<RuleSchedule> => post(`rule-schedules/${id}/release`, { note }),
  reject: (id: number, note: string): Promise<RuleSchedule> => post(`rule-schedules/${id}/reject`, { note }),
};
export type ScheduleDecision = keyof typeof scheduleDecisions;
export const decideRuleSchedule = (id: number, decision: ScheduleDecision, note: string): Promise<RuleSchedule> =>
  scheduleDecisions[decision](id, note);

export const listRuleShadows = (): Promise<RuleShadow[]> =>
  all((after) => get<RuleShadowPage>(`rule-shadows?after=${after}&limit=${LISTED_MAX}`));
export const getRuleShadow = (id: number): Promise<RuleShadowView> => get(`rule-shadows/${id}`);
export const startRuleShadow = (version: number, input: NewRuleShadow): Promise<RuleShadow> =>
  post(`rule-sets/${version}/shadows`, input);
export const endRuleShadow = (id: number): Promise<unknown> => post(`rule-shadows/${id}/end`);

export const runBackTest = (asked: NewBackTest): Promise<BackTestView> => post("back-tests", asked);
export const listBackTests = (content_sha256: string): Promise<BackTestPage> =>
  get(`back-tests?content_sha256=${content_sha256}`);
export const getBackTest = (id: number): Promise<BackTestView> => get(`back-tests/${id}`);
export const listBackTestExamples = (id: number, before: string, after: string): Promise<BackTestExample[]> => {
  const query = new URLSearchParams({ rule_before: before, rule_after: after, limit: String(EXAMPLES_MAX) });
  return get(`back-tests/${id}/examples?${query}`);
};

/**
 * What the rule lab's pages share: what is in force where, schedules, names of divisions; kept fresh.
 */
import type { RuleSchedule, RuleSetView, RulesInForce } from "@gridpass/api";
import { type Subscription, subscribe } from "@gridpass/kit/events";
import { reactive } from "vue";
import { clockReady } from "../ages";
import { ended, refusal } from "../asking";
import { catalogueReady } from "../catalogue-calls";
import { loadDivisions, placeName as nameOfDivision } from "../places";
import { mayDo } from "../rights";
import { getRulesInForce, listRuleSchedules, listRuleSets } from "../rule-calls";
import { session } from "../session";
import { t } from "./words";

const ASK_EVERY_MS = 30_000;

export const lab = reactive({
  versions: null as RuleSetView[] | null,
  inForce: null as RulesInForce | null,
  schedules: null as RuleSchedule[] | null,
  lineOpen: false,
  refused: "",
});

/** What the account may do; the server decides, this only spares it the question. */
export const may = {
  write: () => mayDo("ManageRules"),
  approve: () => mayDo("ApproveRules"),
  /** Back-tests, shadows, giving up. */
  try: () => mayDo("RunBackTests"),
};

/** Asks for everything again, now. */
export async function refreshLab(): Promise<void> {
  try {
    const [versions, inForce, schedules] = await Promise.all([listRuleSets(), getRulesInForce(), listRuleSchedules()]);
    lab.versions = versions.toReversed();
    lab.inForce = inForce;
    lab.schedules = schedules.toReversed();
    lab.refused = "";
  } catch (error) {
    failed(error);
  }
}

function failed(error: unknown): void {
  if (!ended(error)) lab.refused = refusal(error);
}

/** Keeps the lab fresh until the answer is called. */
export function startLab(): () => void {
  const line: Subscription = subscribe({
    path: "/api/v1/events",
    token: session.token,
    onEvent: ({ event }) => {
      if (event === "rules" || event === "resync") void refreshLab();
    },
    onLine: (open) => {
      lab.lineOpen = open;
    },
  });
  void clockReady();
  void loadDivisions();
  void catalogueReady();
  const timer = setInterval(() => void refreshLab(), ASK_EVERY_MS);
  void refreshLab();
  return () => {
    clearInterval(timer);
    line.close();
  };
}

/** The name of a division; the whole district where there is no code. */
export const placeName = (code: string): string => (code === "" ? t("rules_whole") : nameOfDivision(code));

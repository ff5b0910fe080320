/**
 * A version being looked at or written: its tables and cases, what the server says of them, and
 * what is not saved yet.
 *
 * Every change is checked by the server a moment later, as a whole and with its cases; only tables
 * without faults can be saved. What is not saved is kept in this browser until it is, or is given up.
 */
import type { RuleTablesView, TablesReport } from "@gridpass/api";
import { computed, onBeforeUnmount, onMounted, shallowReactive } from "vue";
import { ended, refusal } from "../asking";
import { checkRuleTables, getRuleSet, updateRuleSet } from "../rule-calls";
import type { TableName } from "./columns";
import { may, refreshLab } from "./lab";
import { dropUnsaved, findUnsaved, keepUnsaved } from "./unsaved";
import { begin, readSheet, redo, type Sheet, type Steps, step, undo, writeSheet } from "./sheet";

export interface Content {
  colour: Sheet;
  gate: Sheet;
  cases: string;
  note: string;
}

const TYPING_MS = 300;

const contentOf = (view: RuleTablesView): Content => ({
  colour: readSheet(view.colour_csv),
  gate: readSheet(view.gate_csv),
  cases: view.cases,
  note: view.note,
});

const written = (content: Content) => ({
  colour_csv: writeSheet(content.colour),
  gate_csv: writeSheet(content.gate),
  cases: content.cases,
});

function isSame(content: Content | null, view: RuleTablesView): boolean {
  if (!content) return true;
  const { colour_csv, gate_csv, cases } = written(content);
  return (
    colour_csv === view.colour_csv && gate_csv === view.gate_csv && cases === view.cases && content.note === view.note
  );
}

const isOpen = (view: RuleTablesView): boolean => ["draft", "checked", "back_tested"].includes(view.status);

interface State {
  view: RuleTablesView | null;
  steps: Steps<Content> | null;
  /** What the server says of the content on show; null while it is asked. */
  report: TablesReport | null;
  busy: boolean;
  refused: string;
  /** When what is on show was kept, if it was not saved and found again. */
  found_ms: number | null;
}

export function useEditing(version: number) {
  const state = shallowReactive<State>({ view: null, steps: null, report: null, busy: false, refused: "", found_ms: null });
  let timer = 0;
  let turn = 0;

  const content = computed(() => state.steps?.now ?? null);
  const dirty = computed(() => state.view !== null && !isSame(content.value, state.view));
  const editable = computed(() => may.write() && state.view !== null && isOpen(state.view));
  const sound = computed(() => state.report !== null && state.report.faults.length === 0 && !state.report.groundless);

  function failed(error: unknown): void {
    if (!ended(error)) state.refused = refusal(error);
  }

  async function check(): Promise<void> {
    const now = content.value;
    if (!now) return;
    const mine = ++turn;
    try {
      const report = await checkRuleTables(written(now));
      if (mine === turn) state.report = report;
    } catch (error) {
      if (mine === turn) failed(error);
    }
  }

  async function load(): Promise<void> {
    try {
      const view = await getRuleSet(version);
      state.view = view;
      const saved = begin(contentOf(view));
      const kept = isOpen(view) ? findUnsaved(version, view.revision) : null;
      state.steps = kept ? step(saved, kept.content) : saved;
      state.found_ms = kept?.kept_ms ?? null;
      state.refused = "";
      await check();
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Takes what the server has, as after a step of somebody else. What is being edited stays; if
   * another revision was saved meanwhile, saving says so.
   */
  async function reload(): Promise<void> {
    const view = await getRuleSet(version);
    const edits = dirty.value;
    if (edits && view.revision !== state.view?.revision) return;
    state.view = view;
    if (edits || isSame(content.value, view)) return;
    state.steps = begin(contentOf(view));
    await check();
  }

  function show(steps: Steps<Content>): void {
    state.steps = steps;
    state.report = null;
    turn++;
    clearTimeout(timer);
    timer = window.setTimeout(() => void check(), TYPING_MS);
    if (state.view && dirty.value) keepUnsaved(version, state.view.revision, steps.now);
    else dropUnsaved(version);
  }

  function change(part: Partial<Content>): void {
    if (state.steps && editable.value) show(step(state.steps, { ...state.steps.now, ...part }));
  }

  async function save(): Promise<void> {
    const [now, view] = [content.value, state.view];
    if (!now || !view) return;
    state.busy = true;
    state.refused = "";
    try {
      await updateRuleSet(version, { revision: view.revision, ...written(now), note: now.note });
      const fresh = await getRuleSet(version);
      state.view = fresh;
      state.found_ms = null;
      dropUnsaved(version);
      // The server writes cells in one form; what can be undone stays.
      if (state.steps) state.steps = { ...state.steps, now: contentOf(fresh) };
      await Promise.all([check(), refreshLab()]);
    } catch (error) {
      failed(error);
    } finally {
      state.busy = false;
    }
  }

  onMounted(() => void load());
  onBeforeUnmount(() => clearTimeout(timer));

  return {
    state,
    content,
    dirty,
    editable,
    sound,
    load,
    reload,
    change,
    save,
    setSheet: (table: TableName, sheet: Sheet): void => change({ [table]: sheet }),
    undo: (): void => {
      if (state.steps?.past.length) show(undo(state.steps));
    },
    redo: (): void => {
      if (state.steps?.future.length) show(redo(state.steps));
    },
    /** Away with what is not saved. */
    discard: (): Promise<void> => {
      dropUnsaved(version);
      return load();
    },
  };
}

export type Editing = ReturnType<typeof useEditing>;

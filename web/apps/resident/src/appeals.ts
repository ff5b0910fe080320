/** Appeals in the reader's words, and the files that are shown for them. */
import type { OwnAppeal } from "@gridpass/api";
import { dayName, minuteTime } from "@gridpass/kit/age";
import { shrinkPicture } from "@gridpass/kit/picture";
import { shallowRef } from "vue";
import { addOwnAppealEvidence } from "./calls";
import { refusal } from "./asking";
import { everybody, serverNow } from "./holder";
import { type Key, t, words } from "./words";

/** Photos and papers of one appeal at most, as the server holds. */
export const FILES_MAX = 6;
/** Bytes of one file at most, as the server holds. */
export const FILE_BYTES_MAX = 5 * 1024 * 1024;
export const STATEMENT_CHARS_MIN = 4;
export const STATEMENT_CHARS_MAX = 1000;
/** A page of paper can still be read at this size. */
const PICTURE_PX_MAX = 2000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What the page that is opened next begins with, in the language it is read in: a thing just done, or what of it went wrong. */
export const saidBefore = shallowRef<{ done: () => string; wrong: string }>({ done: () => "", wrong: "" });

export const whenMs = (at_ms: number): string => `${dayName(at_ms, words.language)} ${minuteTime(at_ms)}`;
export const when = (at: string): string => whenMs(Date.parse(at));

export const nameOf = (serial: number): string => everybody().find((one) => one.serial === serial)?.name ?? String(serial);

/** Against what, in a few words. */
export function against({ kind, cause }: OwnAppeal): string {
  const key = kind === "detail" ? `appeal_about_${cause}` : `appeal_kind_${kind}`;
  return words.find(key) ?? cause;
}

/** How long there is still, or that the answer is late; above the district there is nobody. */
export function timeLeft(appeal: OwnAppeal): string {
  const left_ms = Date.parse(appeal.due_at) - serverNow();
  if (left_ms <= 0) return t(appeal.provisional || appeal.level === "district" ? "appeal_left_over" : "appeal_left_none");
  if (left_ms < HOUR_MS) return t("appeal_left_minutes", { count: Math.ceil(left_ms / MINUTE_MS) });
  return t("appeal_left_hours", { count: Math.floor(left_ms / HOUR_MS) });
}

export type Prepared = { file: Blob } | { wrong: Key };

/** A chosen file made ready to be sent: pictures are redrawn small, papers go as they are. */
export async function prepare(chosen: File): Promise<Prepared> {
  if (chosen.type === "application/pdf" || /\.pdf$/i.test(chosen.name)) {
    return chosen.size > FILE_BYTES_MAX ? { wrong: "file_too_large" } : { file: chosen };
  }
  try {
    return { file: await shrinkPicture(chosen, PICTURE_PX_MAX) };
  } catch {
    return { wrong: "file_unreadable" };
  }
}

/**
 * Sends files one after the other; one that is refused does not keep the others back. Answers which
 * were refused and why, in words, or nothing.
 */
export async function sendFiles(appeal_id: number, files: { file: Blob; name: string }[], progress: (sent: number) => void): Promise<string> {
  const refused: string[] = [];
  for (const [at, { file, name }] of files.entries()) {
    progress(at + 1);
    try {
      await addOwnAppealEvidence(appeal_id, file);
    } catch (error) {
      refused.push(t("file_refused", { name, reason: refusal(error) }));
    }
  }
  return refused.join(" ");
}

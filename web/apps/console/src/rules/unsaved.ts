/**
 * What of a version is not saved yet, kept in this browser: tables with faults cannot be saved, and a
 * closed page must not lose them. Each account has its own; the oldest give way.
 */
import { session } from "../session";
import type { Content } from "./editing";

export interface Unsaved {
  /** The revision it was made from. */
  revision: number;
  content: Content;
  /** When it was written, by this computer's clock. */
  kept_ms: number;
}

const VERSIONS_MAX = 5;
const prefix = (): string => `gridpass-rules ${session.account?.staff_id ?? 0} `;

function own(): { key: string; kept: Unsaved }[] {
  const keys = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place) ?? "");
  return keys
    .filter((key) => key.startsWith(prefix()))
    .flatMap((key) => {
      const kept = read(key);
      return kept ? [{ key, kept }] : [];
    })
    .toSorted((a, b) => a.kept.kept_ms - b.kept.kept_ms);
}

function read(key: string): Unsaved | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Unsaved | null;
    return kept && typeof kept.revision === "number" && Array.isArray(kept.content?.colour?.rows) ? kept : null;
  } catch {
    return null;
  }
}

/** What is kept of a version, if it was made from this revision. */
export function findUnsaved(version: number, revision: number): Unsaved | null {
  const kept = read(prefix() + version);
  return kept?.revision === revision ? kept : null;
}

/** Keeps it; a browser without room goes on without. */
export function keepUnsaved(version: number, revision: number, content: Content): void {
  const others = own().filter(({ key }) => key !== prefix() + version);
  for (const { key } of others.slice(0, Math.max(0, others.length - VERSIONS_MAX + 1))) localStorage.removeItem(key);
  try {
    localStorage.setItem(prefix() + version, JSON.stringify({ revision, content, kept_ms: Date.now() } satisfies Unsaved));
  } catch {
    // Full or forbidden: what is on the page stays there.
  }
}

export const dropUnsaved = (version: number): void => localStorage.removeItem(prefix() + version);

/**
 * Looks at a person's data, as people count them.
 *
 * A record on the screen is asked for part by part, and each part is an entry of the log. Entries
 * of one unit and role within one minute are one look, with all its purposes.
 */

export interface LookEntry {
  at: string;
  unit?: string | null;
  role?: string | null;
  changed: boolean;
}

/** Newest first, as they came; each group holds entries of one look. */
export function groupLooks<Look extends LookEntry>(looks: Look[]): [Look, ...Look[]][] {
  const groups: [Look, ...Look[]][] = [];
  const places = new Map<string, [Look, ...Look[]]>();
  for (const look of looks) {
    const key = [look.at.slice(0, 16), look.unit ?? "", look.role ?? "", look.changed].join("|");
    const known = places.get(key);
    if (known) {
      known.push(look);
      continue;
    }
    const group: [Look, ...Look[]] = [look];
    places.set(key, group);
    groups.push(group);
  }
  return groups;
}

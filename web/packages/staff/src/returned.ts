/** What stands in the address when the browser comes back from the identity provider. */

/** What the provider sent the browser back with: a code, or its no. */
export interface Returned {
  code: string | null;
  state: string;
}

/** What stands in the address after the provider; null on an ordinary visit. */
export function returned(query: string): Returned | null {
  const given = new URLSearchParams(query);
  const [code, state] = [given.get("code"), given.get("state")];
  if (state === null || (code === null && !given.has("error"))) return null;
  return { code, state };
}

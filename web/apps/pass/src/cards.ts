/**
 * The family's cards side by side, each with its own code: a group walks through a gate with one
 * phone. Loaded when there is a family; from then on it works without a server, too.
 */
import { keep, kept } from "@gridpass/kit/store";
import { Problem } from "@gridpass/kit/problem";
import { qrPath } from "@gridpass/kit/qr";
import { issueCredential, type PassView } from "./calls";
import { drawing, h } from "./dom";
import { chip } from "./family";
import { currentHolder, drawer, now_ms } from "./holder";
import { type Card, type HolderKeys, makeHolderKeys, openCard, presentCard, publicKeyText } from "./presenter";
import { refusalText, t } from "./words";

interface FamilyCredential {
  card?: Card;
  issued_ms?: number;
  renew_ms: number;
  expires_ms: number;
  /** What the server said instead of a credential. */
  refused?: string;
}

const CODE_LIFE_MS = 30_000;
/** How long a refusal is believed: they may take their phone out of use. */
const REFUSED_MS = 3_600_000;

async function fetchCredential(token: string, { pass_serial }: PassView): Promise<FamilyCredential> {
  const keys = (await kept<HolderKeys>("keys")) ?? (await makeHolderKeys());
  await keep("keys", keys);
  try {
    const issued = await issueCredential(token, publicKeyText(keys), pass_serial);
    const issued_ms = Date.parse(issued.issued_at);
    const expires_ms = Date.parse(issued.expires_at);
    const renew_ms = issued_ms + (expires_ms - issued_ms) / 4;
    return { card: await openCard(keys, issued), issued_ms, renew_ms, expires_ms };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { refused: refusalText(error), renew_ms: now_ms() + REFUSED_MS, expires_ms: 0 };
  }
}

/** Renews what is due while the server answers; what is kept goes on counting without it. */
export async function renewFamily(): Promise<void> {
  const holder = currentHolder();
  for (const pass of holder?.pass.dependants ?? []) {
    const have = await kept<FamilyCredential>(drawer(pass.pass_serial));
    // Another phone of the family was taken off the pass: what this one got before is void, too.
    const isVoid = have?.card && pass.codes_from && (have.issued_ms ?? 0) < Date.parse(pass.codes_from);
    if (have && now_ms() < have.renew_ms && !isVoid) continue;
    await keep(drawer(pass.pass_serial), await fetchCredential(holder?.token ?? "", pass));
  }
}

async function draw(place: HTMLElement, { pass_serial, name }: PassView): Promise<void> {
  const have = await kept<FamilyCredential>(drawer(pass_serial));
  if (!have?.card || now_ms() >= have.expires_ms) {
    place.replaceChildren(h("p", {}, have?.refused ?? t("qr_wait")));
    return;
  }
  const text = await presentCard(have.card, Math.floor(now_ms() / 1000));
  const { size, d } = qrPath(text);
  const svg = drawing(`-4 -4 ${size + 8} ${size + 8}`, d, `${t("qr")} ${name}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.dataset["family"] = text;
  place.replaceChildren(svg);
}

/** Puts the cards into the section; they renew their codes until the page is built anew. */
export async function fillCards(section: HTMLElement): Promise<void> {
  const passes = currentHolder()?.pass.dependants ?? [];
  await renewFamily().catch(() => undefined);
  const places = passes.map((pass): [PassView, HTMLElement] => [pass, h("div", { class: "code" })]);
  const cards = places.map(([pass, place]) =>
    h("li", { class: `soft-${pass.colour}` }, h("h3", {}, pass.name), chip(pass), place, h("small", {}, pass.document_masked)),
  );
  const list = h("ul", { class: "cards", tabindex: "0", "aria-label": t("family") }, ...cards);
  section.querySelector("ul")?.replaceWith(list);
  section.querySelector("button")?.remove();
  const renew = (): void => {
    for (const [pass, place] of places) void draw(place, pass);
  };
  renew();
  const timer = setInterval(() => (list.isConnected ? renew() : clearInterval(timer)), CODE_LIFE_MS);
  list.focus();
}

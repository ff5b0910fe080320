/** Debian's Chromium, driven by playwright-core; pages that fail the test on any error of theirs. */
import assert from "node:assert/strict";
import axe from "axe-core";
import { chromium } from "playwright-core";

const QUIET = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

/** Opens the browser; `more` are further switches. */
export function openBrowser(more = []) {
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...QUIET, ...asRoot, ...more],
  });
}

/** A page of its own context. Uncaught errors and refusals by the content policy are collected. */
export async function openPage(browser, { viewport = PHONE, language = "zh-CN", ...more } = {}) {
  const context = await browser.newContext({ viewport, locale: language, timezoneId: "Asia/Shanghai", ...more });
  // A busy machine is slow, not broken; what is broken fails all the same.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(error.message));
  page.on("console", (message) => {
    if (/Content.Security.Policy|violates/i.test(message.text())) page.errors.push(message.text());
  });
  return page;
}

/** Ends a page's context; whatever went wrong inside fails the test. */
export async function closePage(page) {
  await page.context().close();
  assert.deepEqual(page.errors, []);
}

/** Bars of buttons that stay at the lower edge while what stands above slides under them. */
const LOW_BARS = ".decision > .acts, .group > .tall, .group > .stack";

/**
 * No finding of axe at WCAG 2.1 AA and its best practices. A line of text that lies half under a bar has no contrast
 * to judge, so the bars stand in their places of the page meanwhile, in the very step in which axe looks: whatever
 * else happens on the page, nothing lies under them then.
 */
export async function assertAccessible(page, what) {
  // A page that is still starting has nothing to judge.
  await page.locator("h1").first().waitFor({ state: "attached" });
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (bars) => {
    const still = new CSSStyleSheet();
    still.replaceSync(`${bars} { position: static !important }`);
    document.adoptedStyleSheets.push(still);
    try {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
      );
    } finally {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== still);
    }
  }, LOW_BARS);
  assert.deepEqual(found, [], `axe on ${what}`);
}

/** Waits until a condition inside the page holds. */
export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: 60_000 });

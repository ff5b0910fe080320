/** Pictures for docs/screens, and the words to find things by in either language. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the pictures are. */
export const folder = fileURLToPath(new URL("../../docs/screens", import.meta.url));

/** What was taken, in order. */
export const taken = [];

/** Takes one picture. */
export async function picture(page, name, language) {
  await page.mouse.move(0, 0);
  // Let photos and bars settle; nothing here depends on it but the look.
  if (!name.endsWith("-more")) await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(folder, `${name}.${language}.png`) });
  taken.push({ name, language });
}

/** One of two words, by language. */
export const label = (language, zh, en) => (language === "en" ? en : zh);

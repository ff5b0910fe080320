/** A drawn face for tests and pictures: nobody's. */
import { openPage } from "./browser.mjs";

const FACE = `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="480" viewBox="0 0 36 48">
<path fill="#cfe0ee" d="M0 0h36v48H0z"/><path fill="#2f4a66" d="M4 48c0-9 6-14 14-14s14 5 14 14z"/>
<path fill="#e6b893" d="M14 30h8v7l-4 3-4-3z"/><ellipse cx="18" cy="21" fill="#f0c7a3" rx="8.5" ry="10.5"/>
<path fill="#22252b" d="M8.8 20c-1-10 4-13.5 9.5-13.5S28 10 27 20c-.5-4-2-6-3.5-7-4 2-9 1.5-11.5 0-1.5 1-2.7 3-3.2 7z"/>
<circle cx="14.7" cy="21" r="1" fill="#333"/><circle cx="21.3" cy="21" r="1" fill="#333"/>
<path fill="none" stroke="#a8604c" stroke-linecap="round" stroke-width=".9" d="M14.5 26.3q3.5 2 7 0"/></svg>`;

/** The face as PNG bytes. */
export async function drawPortrait(browser) {
  const page = await openPage(browser);
  await page.setContent(FACE);
  const png = await page.locator("svg").screenshot({ type: "png" });
  await page.context().close();
  return png;
}

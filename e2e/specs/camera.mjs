/**
 * A real video of a real code in front of the gate's camera.
 *
 * Chromium plays a raw video file in place of a camera. The file holds one frame with the code of
 * a pass made a moment ago, drawn as a phone would show it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { closePage, openBrowser, openPage } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { answered, openGate } from "./gate.mjs";
import { apply } from "./pass.mjs";

const SIDE = 480;
const WIDTH = 640;

/** A screenshot's pixels as grey values, read by the browser itself. */
export async function greyOf(page, png) {
  const grey = await page.evaluate(
    async ([base64, side]) => {
      const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
      const canvas = new OffscreenCanvas(side, side);
      const context = canvas.getContext("2d");
      context.drawImage(await createImageBitmap(blob), 0, 0, side, side);
      const { data } = context.getImageData(0, 0, side, side);
      return Array.from({ length: side * side }, (_, i) => data[4 * i]);
    },
    [png.toString("base64"), SIDE],
  );
  return Uint8Array.from(grey);
}

/** One frame of YUV4MPEG2, the code in the middle of a grey room. */
export function video(grey) {
  const luma = Buffer.alloc(WIDTH * SIDE, 120);
  const left = (WIDTH - SIDE) / 2;
  for (let y = 0; y < SIDE; y++) luma.set(grey.subarray(y * SIDE, (y + 1) * SIDE), y * WIDTH + left);
  const chroma = Buffer.alloc((WIDTH * SIDE) / 2, 128);
  const head = `YUV4MPEG2 W${WIDTH} H${SIDE} F10:1 Ip A1:1 C420jpeg\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from("FRAME\n"), luma, chroma]);
}

export function cameraSpecs(world) {
  describe("the gate's camera", () => {
    test("reads a pass off a phone's screen and decides", async () => {
      const folder = await mkdtemp(join(tmpdir(), "gridpass-camera-"));
      const file = join(folder, "code.y4m");
      const phone = await openPage(world.browser, { deviceScaleFactor: 2 });
      await apply(phone, world.server, { name: "钱进", number: residentNumber(401) });
      const blank = await openPage(world.browser);
      await writeFile(file, video(await greyOf(blank, await phone.locator("[data-code]").screenshot())));
      const browser = await openBrowser([
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${file}`,
      ]);
      try {
        const gate = await openPage(browser, { permissions: ["camera"] });
        await openGate(gate, world);
        await answered(gate, "check");
        await gate.getByRole("heading", { name: "钱进" }).waitFor();
        await closePage(gate);
      } finally {
        await browser.close();
        await rm(folder, { recursive: true, force: true });
      }
      await closePage(blank);
      await closePage(phone);
    });
  });
}

/** A printed paper that somebody shows, checked by its serial: proof of residence, or end of an observation. */
import type { CheckedPaper } from "@gridpass/api";
import { isAnswer } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { checkPaper } from "./calls";
import { device, heard } from "./device";
import { said } from "./said";
import { announce } from "./sound";
import { whenLocked } from "./vault";
import { t } from "./words";

const CLEAR = {
  /** What the serial stands for; "unknown" where nobody issued it. */
  checked: null as CheckedPaper | "unknown" | null,
  failure: "",
};

export const papers = reactive({
  /** As it was typed or read. */
  serial: "",
  /** Counts the ones that were read: each opens the page. */
  read: 0,
  busy: false,
  ...CLEAR,
});

/** Forgets what was looked at. */
export const forgetPaper = (): unknown => Object.assign(papers, { serial: "", ...CLEAR });

whenLocked(forgetPaper);

/** Looks a serial up. */
export async function check(): Promise<void> {
  const serial = papers.serial.trim();
  if (papers.busy || serial === "") return;
  Object.assign(papers, { busy: true, ...CLEAR });
  try {
    papers.checked = await checkPaper(device.token, serial);
    heard(true);
  } catch (error) {
    heard(isAnswer(error));
    if (!isAnswer(error)) papers.failure = t("paper_offline");
    else if (error.body.code === "paper_unknown") papers.checked = "unknown";
    else papers.failure = said(error);
  }
  papers.busy = false;
  const genuine = papers.checked !== null && papers.checked !== "unknown" && !papers.checked.withdrawn_at;
  announce(genuine ? "pass" : papers.checked ? "stop" : "check");
}

/** A reader or the camera saw a paper's code. */
export async function readPaper(serial: string): Promise<void> {
  papers.serial = serial;
  papers.read++;
  await check();
}

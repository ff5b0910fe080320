/**
 * The code that proves a phone: a button that asks for it, and the field it goes into.
 *
 * The server's word decides how long to wait; the button counts down so that nobody presses in vain.
 */
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { requestPhoneCode } from "./apply-calls";
import { t } from "./apply-words";
import { h } from "./dom";
import { refusalText } from "./words";

const shortPhone = (phone: string): string => phone.replace(/^(.*)(\d{4})(\d{4})$/, "$1****$3");

/** The button with what it says; `phone` answers the number to send to, or null if it is wrong. */
export function codeButton(phone: () => string | null): HTMLElement {
  const said = h("p", { class: "note muted", role: "status" });
  const button = h("button", { type: "button" }, t("code_send"));
  // Not disabled: a disabled button loses the focus, and who reads by ear is nowhere.
  const wait = (waits: boolean): void => button.setAttribute("aria-disabled", String(waits));
  const countDown = (left_s: number): void => {
    wait(left_s > 0);
    button.textContent = left_s > 0 ? t("code_again_in", { seconds: left_s }) : t("code_again");
    if (left_s > 0) setTimeout(() => countDown(left_s - 1), 1000);
  };
  const ask = async (): Promise<void> => {
    if (button.getAttribute("aria-disabled") === "true") return;
    const number = phone();
    if (!number) return;
    wait(true);
    said.className = "note muted";
    try {
      const { resend_after_s } = await requestPhoneCode(number, "enrol");
      said.textContent = t("code_sent", { phone: shortPhone(number) });
      countDown(resend_after_s);
    } catch (error) {
      wait(false);
      said.className = "note error";
      if (error instanceof Problem) {
        said.textContent = refusalText(error);
        // A minute or so is worth counting; hours are said by the words.
        if (error.retry_after_s && error.retry_after_s <= 120) countDown(error.retry_after_s);
      } else if (error instanceof Unreachable) said.textContent = t("unreachable");
      else throw error;
    }
  };
  button.addEventListener("click", () => void ask());
  return h("div", { class: "ask" }, button, said);
}

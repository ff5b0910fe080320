/** The first page anyone sees: three fields, a code by text message, and a button. */
import { dayName, minuteTime } from "@gridpass/kit/age";
import { Problem, type ProblemBody } from "@gridpass/kit/problem";
import { acceptPrivacyNotice, currentNotice, enrolPerson, isAsked } from "./apply-calls";
import { t } from "./apply-words";
import { h } from "./dom";
import type { Enrolled } from "./calls";
import { applicantForm, type Entered } from "./form";
import { enrolled, refresh } from "./holder";
import { solveChallenge, type Work } from "./work";
import { words } from "./words";

/** Why the pass on this phone is gone, in words. */
function farewell(lost: ProblemBody): string {
  if (lost.code !== "phone_replaced" || !lost.at) return t("signed_out");
  const at_ms = Date.parse(lost.at);
  return t("phone_replaced", { time: `${dayName(at_ms, words.language)} ${minuteTime(at_ms)}` });
}

/** In a page of its own: what was typed stays. */
const noticeLink = (): HTMLElement => h("a", { href: "/my/#notice", target: "_blank", rel: "noopener" }, t("apply_notice"));

/** `lost` is what the server said when it took an earlier pass from this phone. */
export function applyPage(rebuild: (note?: string) => void, lost: ProblemBody | null): HTMLElement {
  let solved: { key: string; work: Work } | undefined;
  /** Enrols. Sent again for want of an answer it is the same to the letter, so that it is done once. */
  const enrol = async (applicant: Entered, key: string): Promise<Enrolled> => {
    const work = solved?.key === key ? solved.work : await solveChallenge();
    solved = { key, work };
    try {
      return await enrolPerson({ ...applicant, ...work }, key);
    } catch (error) {
      // A task that was refused is not sent again.
      if (error instanceof Problem) solved = undefined;
      throw error;
    }
  };
  /** The version that whoever taps the button agrees to; none while it is not known and not on show. */
  let agreed: number | undefined;
  const agree = h("p", { class: "note muted" });
  currentNotice().then(
    (version) => {
      agreed = version;
      if (version) agree.replaceChildren(t("apply_agree", { version }), " ", noticeLink());
    },
    () => agree.replaceChildren(noticeLink()),
  );
  const form = applicantForm({
    submit: "apply",
    agree,
    send: async (applicant, key) => {
      const answer = await enrol(applicant, key);
      await enrolled(answer);
      // Kept when the network allows; the pass does not wait for it, and the notice can be accepted later.
      if (agreed) acceptPrivacyNotice(answer.holder_token, agreed).catch(() => undefined);
      // The pass is there already; its code follows at once or when the network is back.
      await refresh().catch(() => undefined);
      const asked = await isAsked(answer.holder_token).catch(() => false);
      rebuild([answer.replaced_phone && t("replaced_other"), asked && t("asked")].filter(Boolean).join(" "));
    },
  });
  return h(
    "main",
    { class: "apply" },
    lost && h("p", { class: "error", role: "alert" }, farewell(lost)),
    h("h1", {}, t("apply_title")),
    h("p", { class: "muted lead" }, t("apply_lead")),
    h("div", { class: "card" }, form),
    h("p", { class: "muted" }, t("apply_use")),
    h("p", { class: "muted" }, t("no_phone")),
  );
}

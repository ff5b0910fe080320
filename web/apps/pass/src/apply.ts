/** The first page anyone sees: three fields and a button. */
import { enrolPerson } from "./calls";
import { h } from "./dom";
import { applicantForm } from "./form";
import { enrolled, refresh } from "./holder";
import { t } from "./words";

/** `lost` says that an earlier pass on this phone is no longer valid. */
export function applyPage(rebuild: () => void, lost: boolean): HTMLElement {
  const form = applicantForm({
    submit: "apply",
    self: true,
    send: async (applicant, key) => {
      await enrolled(await enrolPerson({ ...applicant, phone: applicant.phone ?? "" }, key));
      // The pass is there already; its code follows at once or when the network is back.
      await refresh().catch(() => undefined);
      rebuild();
    },
  });
  return h(
    "main",
    { class: "apply" },
    lost && h("p", { class: "error", role: "alert" }, t("signed_out")),
    h("h1", {}, t("apply_title")),
    h("p", { class: "muted lead" }, t("apply_lead")),
    h("div", { class: "card" }, form),
    h("p", { class: "muted" }, t("apply_use")),
    h("p", { class: "muted" }, t("no_phone")),
  );
}

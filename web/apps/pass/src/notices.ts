/** What the holder and the family were told, newest first; loaded when somebody asks. */
import { dayName, minuteTime } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { listOwnNotices } from "./calls";
import { h } from "./dom";
import { currentHolder } from "./holder";
import { refusalText, t, words } from "./words";

/** Whose pass a notice is about, where the phone carries several. */
function nameOf(serial: number): string | null {
  const pass = currentHolder()?.pass;
  if (!pass || pass.dependants.length === 0) return null;
  return [pass, ...pass.dependants].find((one) => one.pass_serial === serial)?.name ?? null;
}

/** Fills the section with the list, or says why there is none. */
export async function fillNotices(section: HTMLElement): Promise<void> {
  const title = h("h2", { tabindex: "-1" }, t("notices"));
  try {
    const notices = await listOwnNotices(currentHolder()?.token ?? "");
    const lines = notices.map((notice) => {
      const at_ms = Date.parse(notice.created_at);
      const when = `${dayName(at_ms, words.language)} ${minuteTime(at_ms)}`;
      const about = [when, nameOf(notice.pass_serial)].filter(Boolean).join(" · ");
      const text = words.say(notice.text_zh, notice.text_en);
      return h("li", {}, h("div", {}, h("p", {}, text), h("small", { class: "muted" }, about)));
    });
    const list = lines.length > 0 ? h("ul", {}, ...lines) : h("p", { class: "muted" }, t("notices_none"));
    section.replaceChildren(title, list);
  } catch (error) {
    const text = error instanceof Problem ? refusalText(error) : t("unreachable");
    section.replaceChildren(title, h("p", { class: "error", role: "alert" }, text));
  }
  title.focus();
}

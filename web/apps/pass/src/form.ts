/**
 * The form of three fields.
 *
 * A field says what is wrong once it has been left, and stops saying it the moment it is right.
 * What the server finds wrong lands at the same field.
 */
import {
  DOCUMENT_TYPES,
  type DocumentType,
  documentProblem,
  nameProblem,
  normaliseNumber,
  phoneProblem,
} from "@gridpass/kit/documents";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { type Applicant, findPublicEnclosures } from "./apply-calls";
import { type ApplyKey as Key, t } from "./apply-words";
import { codeButton } from "./code-field";
import { h, type Properties } from "./dom";
import { refusalText, words } from "./words";

/** What was entered. */
export type Entered = Applicant;

interface Field {
  row: HTMLElement;
  input: HTMLInputElement;
  /** Checks now, says what is wrong, answers whether it is right. */
  check(): boolean;
  say(message: string): void;
}

function field(id: string, label: Key, problem: () => Key | null, more: Properties): Field {
  const note = h("p", { id: `${id}-note`, class: "error note", "aria-live": "polite" });
  const input = h("input", { id, name: id, "aria-describedby": note.id, ...more });
  const say = (message: string): void => {
    note.textContent = message;
    if (message) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  let left = false;
  const check = (): boolean => {
    left = true;
    const key = problem();
    say(key ? t(key, { count: normaliseNumber(input.value).length }) : "");
    return !key;
  };
  input.addEventListener("blur", () => input.value && check());
  input.addEventListener("input", () => left && check());
  return { row: h("div", {}, h("label", { for: id }, t(label)), input, note), input, check, say };
}

/** Random, also where a page without HTTPS has no `randomUUID`. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

function typeChoice(): HTMLSelectElement {
  const options = DOCUMENT_TYPES.map((type) => h("option", { value: type }, t(`type_${type}` as Key)));
  return h("select", { id: "document_type" }, ...options);
}

/** Offers enclosures by name; an unknown text counts as none given. */
function enclosureField(): { row: HTMLElement; chosen(): number | undefined } {
  const known = new Map<string, number>();
  const list = h("datalist", { id: "enclosures" });
  const note = h("p", { id: "enclosure-note", class: "muted note", role: "status" });
  const input = h("input", { id: "enclosure", list: list.id, autocomplete: "off", "aria-describedby": note.id });
  const look = async (): Promise<void> => {
    const query = input.value.trim();
    if (!query || known.has(query)) return;
    const found = await findPublicEnclosures(query).catch(() => null);
    if (!found) return;
    for (const one of found) known.set(one.name, one.enclosure_id);
    list.replaceChildren(...found.map((one) => h("option", { value: one.name })));
    // A text that names nothing would be dropped in silence.
    note.textContent = found.length > 0 ? "" : t("enclosure_unknown");
  };
  input.addEventListener("input", () => {
    note.textContent = "";
    void look();
  });
  const row = h("div", {}, h("label", { for: "enclosure" }, t("enclosure")), input, list, note);
  return { row, chosen: () => known.get(input.value.trim()) };
}

function refusal(error: unknown): string {
  if (error instanceof Problem) {
    if (error.retry_after_s && error.body.status === 503) return t("busy", { seconds: error.retry_after_s });
    return refusalText(error);
  }
  if (error instanceof Unreachable) return t("unreachable");
  throw error;
}

/** A form that hands over an applicant; `send` is called once per press, with one key per content. */
export function applicantForm(options: {
  submit: Key;
  /** What whoever presses the button agrees to; it stands right above it. */
  agree: HTMLElement;
  send(applicant: Entered, key: string): Promise<void>;
}): HTMLFormElement {
  const type = typeChoice();
  const name = field("name", "name", () => nameProblem(name.input.value), { autocomplete: "name" });
  const number = field(
    "document_number",
    "document_number",
    () => documentProblem(type.value as DocumentType, number.input.value, Date.now()),
    { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" },
  );
  const phone = field(
    "phone",
    "phone",
    () => phoneProblem(phone.input.value),
    { type: "tel", autocomplete: "tel", inputmode: "tel" },
  );
  const phoneText = (): string => phone.input.value.normalize("NFKC").replace(/[\s\p{Cf}-]/gu, "");
  const code = field(
    "phone_code",
    "phone_code",
    () => {
      if (!code.input.value) return "phone_code_empty";
      return /^\d{6}$/.test(normaliseNumber(code.input.value)) ? null : "phone_code_format";
    },
    // Room for one that is pasted with a space in it.
    { autocomplete: "one-time-code", inputmode: "numeric", maxlength: 12 },
  );
  const asker = codeButton(() => {
    if (phone.check() && phoneText()) return phoneText();
    phone.input.focus();
    return null;
  });
  const codeRow = h("div", { class: "proof" }, asker, code.row);
  const enclosure = enclosureField();
  type.addEventListener("change", () => number.input.value && number.check());
  const button = h("button", { class: "primary wide" }, t(options.submit));
  const refused = h("p", { class: "error", role: "alert" });
  const fields: Record<string, Field> = { name, document_number: number, phone, phone_code: code };
  let last = { content: "", key: "" };

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wrong = Object.values(fields).filter((one) => !one.check());
    if (wrong[0]) return wrong[0].input.focus();
    const home = enclosure.chosen();
    const applicant: Entered = {
      name: name.input.value.trim(),
      document_type: type.value as DocumentType,
      document_number: normaliseNumber(number.input.value),
      phone: phoneText(),
      phone_code: normaliseNumber(code.input.value),
      ...(home !== undefined && { enclosure_id: home }),
    };
    const content = JSON.stringify(applicant);
    if (content !== last.content) last = { content, key: randomKey() };
    button.disabled = true;
    button.textContent = t("applying");
    refused.textContent = "";
    try {
      await options.send(applicant, last.key);
    } catch (error) {
      refused.textContent = refusal(error);
      for (const one of (error instanceof Problem && error.body.fields) || [])
        fields[one.field]?.say(words.say(one.message_zh, one.message));
    }
    button.disabled = false;
    button.textContent = t(options.submit);
  };

  const typeRow = h("div", {}, h("label", { for: "document_type" }, t("document_type")), type);
  return h(
    "form",
    { novalidate: true, submit: (event) => void submit(event) },
    name.row,
    typeRow,
    number.row,
    phone.row,
    codeRow,
    enclosure.row,
    options.agree,
    refused,
    button,
  );
}

/**
 * What is wrong with what somebody typed, said while they type it.
 *
 * The server checks everything again and has the last word; this spares people a round trip. The
 * codes are the server's, so that one sentence serves both.
 */

export const DOCUMENT_TYPES = [
  "resident_id",
  "hkmt_residence_permit",
  "home_return_permit",
  "taiwan_permit",
  "foreign_permanent_residence",
  "passport_cn",
  "passport_foreign",
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export type DocumentProblem =
  | "document_empty"
  | "document_length"
  | "document_format"
  | "document_division"
  | "document_birth_date"
  | "document_checksum"
  | "document_old";

export type NameProblem = "name_empty" | "name_length" | "name_characters";
export type PhoneProblem = "phone_empty" | "phone_format";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = "10X98765432";
const AGE_YEARS_MAX = 130;
/** The district's day begins so much before the one of Greenwich. */
const DISTRICT_AHEAD_MS = 8 * 3_600_000;

/** Full-width forms become ASCII; marks that nobody sees, pasted along, go. */
const visible = (raw: string): string => raw.normalize("NFKC").replace(/\p{Cf}/gu, "");

/** Full-width digits and letters become ASCII, spaces and hyphens go, letters become capitals. */
export function normaliseNumber(raw: string): string {
  return visible(raw).replace(/[\s\-‐-―]/g, "").toUpperCase();
}

/** Check character of the first 17 digits by ISO 7064 MOD 11-2, as GB 11643 uses it. */
export function checkCharacter(digits17: string): string {
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(digits17[i]), 0);
  return CHECK_CHARACTERS[sum % 11] ?? "";
}

function birthDateHolds(text: string, today_ms: number): boolean {
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(4, 6));
  const day = Number(text.slice(6, 8));
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const age_years = new Date(today_ms).getUTCFullYear() - year;
  return real && date.getTime() <= today_ms + DISTRICT_AHEAD_MS && age_years <= AGE_YEARS_MAX;
}

/** Only the province is checked: old and abolished divisions are common in valid numbers. */
const PROVINCE = /^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71)/;

function eighteenProblem(number: string, division: RegExp, today_ms: number): DocumentProblem | null {
  if (/^\d{15}$/.test(number)) return "document_old";
  if (number.length !== 18) return "document_length";
  if (!/^\d{17}[\dX]$/.test(number)) return "document_format";
  if (!division.test(number)) return "document_division";
  if (!birthDateHolds(number.slice(6, 14), today_ms)) return "document_birth_date";
  return checkCharacter(number) === number[17] ? null : "document_checksum";
}

function permanentResidenceProblem(number: string, today_ms: number): DocumentProblem | null {
  if (/^[A-Z]{3}\d{12}$/.test(number)) return null;
  return eighteenProblem(number, /^9/, today_ms);
}

const FORMS: Partial<Record<DocumentType, RegExp>> = {
  home_return_permit: /^[HM](\d{8}|\d{10})$/,
  taiwan_permit: /^(\d{8}|\d{10}[A-Z]?)$/,
  passport_cn: /^([EGDSPH]\d{8}|E[A-HJ-NP-Z]\d{7})$/,
  passport_foreign: /^[A-Z0-9]{5,17}$/,
};

/** What is wrong with a document number of a type, or null. */
export function documentProblem(
  type: DocumentType,
  raw: string,
  today_ms: number,
): DocumentProblem | null {
  const number = normaliseNumber(raw);
  if (number === "") return "document_empty";
  if (type === "resident_id") return eighteenProblem(number, PROVINCE, today_ms);
  if (type === "hkmt_residence_permit") return eighteenProblem(number, /^8[123]0000/, today_ms);
  if (type === "foreign_permanent_residence") return permanentResidenceProblem(number, today_ms);
  return FORMS[type]?.test(number) ? null : "document_format";
}

/** What is wrong with a name, or null. Names are not ASCII only and may carry a middle dot. */
export function nameProblem(raw: string): NameProblem | null {
  const name = visible(raw).trim();
  if (name === "") return "name_empty";
  if ([...name].length > 50) return "name_length";
  return /^[\p{L}\p{M}\p{Co}〇⿰-⿻ .·・•‧∙⋅⸱●·་༌'’‘ʻʼ‐-–-]+$/u.test(name) ? null : "name_characters";
}

/** What is wrong with a mobile number of the mainland, Hong Kong, Macao or Taiwan, or null. */
export function phoneProblem(raw: string): PhoneProblem | null {
  const phone = visible(raw).replace(/[\s\-().‐–—]/g, "");
  if (phone === "") return "phone_empty";
  const known = /^(((\+|00)?86)?1[3-9]\d{9}|(\+|00)?852[4-9]\d{7}|(\+|00)?8536\d{7}|(\+|00)?8860?9\d{8})$/;
  return known.test(phone) ? null : "phone_format";
}

/** Whether a document says when its holder was born; of a foreigner's card only the newer kind does. */
export const tellsBirthDate = (type: DocumentType, number: string): boolean =>
  type === "resident_id" ||
  type === "hkmt_residence_permit" ||
  (type === "foreign_permanent_residence" && !/^[A-Z]{3}/.test(normaliseNumber(number)));

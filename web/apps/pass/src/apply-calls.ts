/** The operations of applying, loaded with the form: the pass itself never needs them. */
import type {
  Applicant,
  ChallengeView,
  DeclarationView,
  Enrolled,
  NewPhoneCode,
  PhoneCodeView,
  PrivacyNotice,
  PublicEnclosure,
} from "@gridpass/api";
import { sendJson } from "@gridpass/kit/problem";
import { api } from "./calls";

export type { Applicant };
export type Purpose = NewPhoneCode["purpose"];

/** Enrolment may wait behind others. */
const TIMEOUT_MS = 15_000;

export const requestPhoneCode = (phone: string, purpose: Purpose): Promise<PhoneCodeView> =>
  sendJson(`${api}phone-codes`, { body: { phone, purpose } satisfies NewPhoneCode });

export const getEnrolChallenge = (): Promise<ChallengeView> => sendJson(`${api}people/enrol-challenge`);

export const enrolPerson = (body: Applicant, key: string): Promise<Enrolled> =>
  sendJson(`${api}people/enrol`, { body, headers: { "idempotency-key": key }, timeout_ms: TIMEOUT_MS });

/** Whether the rules need an answer of the holder now. */
export async function isAsked(token: string): Promise<boolean> {
  const people = await sendJson<DeclarationView[]>(`${api}pass/declarations`, { token });
  return people.some(({ asked }) => asked.length > 0);
}

/** Number of the privacy notice that holds now. */
export async function currentNotice(): Promise<number | undefined> {
  const [newest] = await sendJson<PrivacyNotice[]>(`${api}privacy-notice`);
  return newest?.version;
}

/** Keeps that a version of the notice was accepted: the one that stood at the button, no other. */
export const acceptPrivacyNotice = (token: string, version: number): Promise<void> =>
  sendJson(`${api}pass/privacy-consent`, { token, method: "PUT", body: { version } });

export const findPublicEnclosures = (query: string): Promise<PublicEnclosure[]> =>
  sendJson(`${api}enclosures/public?query=${encodeURIComponent(query)}`);

/** The operations of applying, loaded with the form: the pass itself never needs them. */
import type {
  Applicant,
  ChallengeView,
  Enrolled,
  NewDependant,
  NewPhoneCode,
  PassView,
  PhoneCodeView,
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

export const addDependant = (token: string, body: NewDependant, key: string): Promise<PassView> =>
  sendJson(`${api}pass/dependants`, { token, body, headers: { "idempotency-key": key } });

export const findPublicEnclosures = (query: string): Promise<PublicEnclosure[]> =>
  sendJson(`${api}enclosures/public?query=${encodeURIComponent(query)}`);

/** The operations these pages call, named as the server names them. */
import type {
  AppealEvidence,
  ColourSpan,
  Correction,
  CorrectionView,
  DeclarationInput,
  DeclarationView,
  FamilyView,
  LookPage,
  NewAppeal,
  NewDependant,
  NeedView,
  NewPhoneCode,
  OpeningView,
  OwnAppeal,
  OwnCheck,
  OwnDataView,
  OwnHome,
  OwnNeed,
  OwnObservation,
  OwnOpening,
  PaperPassView,
  PassExplanation,
  PassView,
  PhoneCodeView,
  PrivacyNotice,
  PublicEnclosure,
  RecordedCheck,
} from "@gridpass/api";
import { type Ask, send as ask, sendJson as askJson } from "@gridpass/kit/problem";
import { token } from "./holder";
import { noting } from "./reach";

const api = "/api/v1/";
/** A photo over a slow network takes its time. */
const UPLOAD_MS = 60_000;
const LOOK_PAGES_MAX = 50;
const send = (path: string, how: Ask): Promise<Response> => noting(ask(path, how));
const sendJson = <T>(path: string, how: Ask): Promise<T> => noting(askJson<T>(path, how));
const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: token() });
const post = <T>(path: string, body: unknown): Promise<T> => sendJson<T>(api + path, { token: token(), body });
const put = <T>(path: string, body: unknown): Promise<T> =>
  sendJson<T>(api + path, { token: token(), method: "PUT", body });
const remove = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: token(), method: "DELETE" });
const of = (serial: number | null): string => (serial === null ? "" : `pass_serial=${serial}`);

export const getPass = (): Promise<PassView> => get("pass");
export const explainPasses = (): Promise<PassExplanation[]> => get("pass/explanation");
export const getPassHistory = (serial: number | null): Promise<ColourSpan[]> => get(`pass/history?${of(serial)}`);

export const listOwnAppeals = (): Promise<OwnAppeal[]> => get("pass/appeals");
export const openOwnAppeal = (body: NewAppeal): Promise<OwnAppeal> => post("pass/appeals", body);
export const withdrawOwnAppeal = (appeal_id: number): Promise<OwnAppeal> => post(`pass/appeals/${appeal_id}/withdraw`, {});
/** The same file sent again is there once. */
export const addOwnAppealEvidence = (appeal_id: number, file: Blob): Promise<AppealEvidence> =>
  sendJson(`${api}pass/appeals/${appeal_id}/evidence`, {
    token: token(),
    method: "POST",
    // The server looks at what it is, not at what it says it is.
    type: "application/octet-stream",
    body: file,
    timeout_ms: UPLOAD_MS,
  });
export const getOwnAppealEvidence = async (appeal_id: number, evidence_id: number): Promise<Blob> =>
  (await send(`${api}pass/appeals/${appeal_id}/evidence/${evidence_id}`, { token: token(), timeout_ms: UPLOAD_MS })).blob();

export const getOwnObservation = (): Promise<OwnObservation[]> => get("pass/observation");
export const recordOwnCheck = (body: OwnCheck): Promise<RecordedCheck> => post("pass/observation/checks", body);
export const announceOwnOpening = (body: OwnOpening): Promise<OpeningView> => post("pass/observation/openings", body);
export const withdrawOwnOpening = (opening_id: number): Promise<void> => post(`pass/observation/openings/${opening_id}/withdraw`, {});
export const askOwnNeed = (body: OwnNeed): Promise<NeedView> => post("pass/observation/needs", body);

export const getFamily = (): Promise<FamilyView> => get("pass/family");
export const addDependant = (body: NewDependant): Promise<PassView> => post("pass/dependants", body);
export const removeDependant = (serial: number): Promise<void> => remove(`pass/dependants/${serial}`);
export const handOverPass = (serial: number, phone: string, phone_code: string): Promise<void> =>
  post(`pass/dependants/${serial}/hand-over`, { phone, phone_code });
export const leaveCarrier = (serial: number): Promise<void> => remove(`pass/carriers/${serial}`);
export const requestPhoneCode = (body: NewPhoneCode): Promise<PhoneCodeView> => post("phone-codes", body);

export const listOwnDeclarations = (): Promise<DeclarationView[]> => get("pass/declarations");
export const createOwnDeclaration = (body: DeclarationInput): Promise<unknown> => post("pass/declarations", body);

export const printOwnPass = (pass_serial: number | null): Promise<PaperPassView> =>
  post("pass/paper-passes", { pass_serial });
export const findPublicEnclosures = (query: string): Promise<PublicEnclosure[]> => get(`enclosures/public?query=${encodeURIComponent(query)}`);
export const setOwnHome = (body: OwnHome): Promise<PassView> => put("pass/home", body);
export const getOwnPhoto = async (serial: number | null): Promise<Blob> =>
  (await send(`${api}pass/photo?${of(serial)}`, { token: token() })).blob();
export const putOwnPhoto = (serial: number, body: Blob): Promise<Response> =>
  send(`${api}pass/photo?${of(serial)}`, { token: token(), method: "PUT", body, timeout_ms: 60_000 });
export const deleteOwnPhoto = (serial: number | null): Promise<void> => remove(`pass/photo?${of(serial)}`);

export const getOwnData = (serial: number | null): Promise<OwnDataView> => get(`pass/data?${of(serial)}`);
export const listOwnLookups = (after?: number | null): Promise<LookPage> => get(`pass/lookups?${after ? `after=${after}` : ""}`);
/** Every page of them, as far as a phone can hold. */
export async function listAllLookups(): Promise<LookPage["items"]> {
  const all: LookPage["items"] = [];
  let after: number | null | undefined;
  for (let page = 0; page < LOOK_PAGES_MAX; page++) {
    const found = await listOwnLookups(after);
    all.push(...found.items);
    after = found.next;
    if (!after) break;
  }
  return all;
}
export const changeOwnPhone = (phone: string, phone_code: string): Promise<void> =>
  put("pass/phone", { phone, phone_code });
export const requestCorrection = (pass_serial: number | null, what: Correction): Promise<CorrectionView> =>
  post("pass/corrections", { pass_serial, what });
export const getPrivacyNotice = (): Promise<PrivacyNotice[]> => get("privacy-notice");
export const acceptPrivacyNotice = (version: number): Promise<void> => put("pass/privacy-consent", { version });

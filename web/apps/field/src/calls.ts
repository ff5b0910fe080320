/** The operations the field app calls, named as the server names them. */
import type {
  AssignedView,
  CallsInput,
  CallsView,
  DivisionMap,
  DivisionView,
  DoorInput,
  EnclosurePage,
  NewPerson,
  PaperPass,
  PersonSearch,
  PersonView,
  Stop,
  StopPage,
  VisitOverview,
  VisitRef,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { get, post } from "@gridpass/staff/calls";
import { session } from "@gridpass/staff/session";

const api = "/api/v1/";
const DIVISIONS_MAX = 1000;
const ENCLOSURES_MAX = 500;
/** A call about a whole household on a slow line. */
const SLOW_MS_MAX = 20_000;

/** The server's clock. */
export const getTime = (): Promise<{ now: string }> => get("time");

/** Divisions the caller sees; a district has a few hundred. */
export const listDivisions = (): Promise<DivisionView[]> => get(`divisions?prefix=&after=&limit=${DIVISIONS_MAX}`);

/** The map that shows a division, with nothing on it where there is none. */
export const getDivisionMap = (code: string): Promise<DivisionMap> =>
  sendJson(`${api}divisions/${code}/map`, { token: session.token, timeout_ms: SLOW_MS_MAX });

export const listStops = (query: string): Promise<StopPage> =>
  sendJson(`${api}stops?${query}`, { token: session.token, timeout_ms: SLOW_MS_MAX });

/** A door, also one where nothing is open. */
export const findStop = (door: DoorInput): Promise<Stop> => post("stops/find", door);
export const searchPeople = (search: PersonSearch): Promise<PersonView> => post("people/search", search);

export const recordCalls = (input: CallsInput): Promise<CallsView> =>
  sendJson(`${api}calls`, { token: session.token, body: input, timeout_ms: SLOW_MS_MAX });

/** The same key answers with the same person, also after a lost answer. */
export const createPerson = (body: NewPerson, key: string): Promise<PersonView> =>
  sendJson(`${api}people`, {
    token: session.token,
    body,
    headers: { "idempotency-key": key },
    timeout_ms: SLOW_MS_MAX,
  });

export const putPhoto = (person_id: number, photo: Blob): Promise<Response> =>
  send(`${api}people/${person_id}/photo`, {
    method: "PUT",
    token: session.token,
    body: photo,
    type: "image/jpeg",
    timeout_ms: SLOW_MS_MAX,
  });

export const getPhoto = (person_id: number): Promise<Blob> =>
  send(`${api}people/${person_id}/photo`, { token: session.token }).then((answer) => answer.blob());

export const createPaperPass = (person_id: number): Promise<PaperPass> => post(`people/${person_id}/paper-passes`);

/** Enclosures of the caller's jurisdiction; a community has a dozen or two. */
export const listEnclosures = (): Promise<EnclosurePage> => get(`enclosures?limit=${ENCLOSURES_MAX}`);
export const searchEnclosures = (name: string): Promise<EnclosurePage> =>
  get(`enclosures?name=${encodeURIComponent(name)}&limit=50`);

// What leads do.
export const getVisitLoad = (): Promise<VisitOverview> => get("visits/load");

export const assignVisits = (staff_id: number, visits: VisitRef[]): Promise<AssignedView> =>
  post("visits/assign", { staff_id, visits });

export const handOverVisits = (from: number, to: number[]): Promise<AssignedView> =>
  post("visits/hand-over", { from, to });

/** The operations the console calls, named as the server names them. */
import type { AlertView, DivisionView, LiveStats, Page, PeopleStats, SessionView } from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { session } from "./session";

const api = "/api/v1/";
const DIVISIONS_MAX = 1000;
const ALERTS_MAX = 200;
const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });

export const signIn = (username: string, password: string): Promise<SessionView> =>
  sendJson(`${api}sessions`, { body: { username, password } });

export const signOut = (): Promise<Response> =>
  send(`${api}sessions/current`, { method: "DELETE", token: session.token });

export const getPeopleStats = (division: string): Promise<PeopleStats> =>
  get(`stats/people?division=${division}`);

export const getLiveStats = (division: string): Promise<LiveStats> => get(`stats/live?division=${division}`);

/** Divisions whose code begins with a prefix, in order of code. */
export const listDivisions = (prefix: string): Promise<DivisionView[]> =>
  get(`divisions?prefix=${prefix}&limit=${DIVISIONS_MAX}`);

export const listAlerts = (prefix: string): Promise<Page<AlertView>> =>
  get(`alerts?prefix=${prefix}&limit=${ALERTS_MAX}`);

export const acceptAlert = (alert: AlertView): Promise<unknown> =>
  send(`${api}alerts/${alert.person_id}/${alert.alert_id}/accept`, { method: "POST", token: session.token });

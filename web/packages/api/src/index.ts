/** What the staff and device apps read and send, named as the server names it. */
export type Colour = "green" | "yellow" | "red";
export type Action = "pass" | "check" | "stop";
export type Direction = "in" | "out";
export type AreaStatus = "normal" | "controlled" | "sealed";

export interface Decision {
  person_id: number;
  pass_serial: number;
  at: string;
  colour: Colour;
  reason: string;
  rule: string;
  action: Action;
  gate_reason: string;
  gate_rule: string;
  checks: string[];
  message_zh: string;
  message_en: string;
  rule_set_version: number;
  duplicate: boolean;
}

export interface NewScan {
  presentation?: string;
  document_number?: string;
  document_type?: string;
  at: string;
  direction: Direction;
  temperature?: number;
}

/** What follows for the person from a check on the spot; the gate's own action may be left out. */
export type CheckedDecision = Pick<Decision, "colour" | "reason" | "message_zh" | "message_en"> &
  Partial<Pick<Decision, "action" | "gate_reason">>;

export interface HolderCard {
  name: string;
  document_masked: string;
  residence: string | null;
  workplace: string | null;
  has_photo: boolean;
}

export interface NewGateCheck {
  person_id: number;
  at: string;
  passed: boolean;
  travel_history: "none" | "hit";
  travel_cities?: string;
}

export interface DeviceView {
  device_id: number;
  /** Whether the device has registered its key for uploads. */
  has_key: boolean;
  gate: {
    gate_id: number;
    name: string;
    area: AreaStatus;
    enclosure: { name: string } | null;
    employer: { name: string } | null;
  };
  server_time: string;
}

export interface GateCodeView {
  gate_code: string;
  valid_until: string;
}

export interface AccountView {
  staff_id: number;
  username: string;
  display_name: string;
  role: string;
  jurisdiction: string;
}

export interface SessionView {
  token: string;
  expires_at: string;
  account: AccountView;
}

export type ColourCounts = Record<Colour, number>;

export interface PeopleCounts {
  people: number;
  colour: ColourCounts;
}

export interface DivisionCounts extends PeopleCounts {
  code: string;
  name: string;
}

export interface PeopleStats {
  division: string;
  as_of: string;
  total: PeopleCounts & { quarantine: Record<string, number>; residence: Record<string, number> };
  children: DivisionCounts[];
}

export interface MinuteCount {
  minute: string;
  scans: number;
}

export interface GateLoad {
  gate_id: number;
  name: string;
  scans_15min: number;
  red_15min: number;
}

export interface LiveStats {
  as_of: string;
  scans_per_minute: MinuteCount[];
  people: PeopleStats;
  gates: GateLoad[];
}

export interface AlertView {
  alert_id: number;
  person_id: number;
  kind: string;
  status: "open" | "accepted" | "closed";
  reason: string;
  name_masked: string | null;
  gate_name: string | null;
  happened_at: string;
  raised_at: string;
}

export interface DivisionView {
  code: string;
  name: string;
  level: string;
  parent: string | null;
}

/** A page of a list; `next` goes into `after` for the following one. */
export interface Page<Item> {
  items: Item[];
  next: number | null;
}

/** A scan that a gate without network kept for later. */
export interface UploadedScan {
  person_id: number;
  pass_serial: number;
  at: string;
  direction: Direction;
  temperature?: number;
  shown_colour: Colour;
  action: Action;
  rung: "snapshot" | "code" | "paper" | "number";
  presentation?: string;
}

/** What became of an upload. */
export interface UploadView {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string }[];
  /** People let in who were red by then. */
  late_reds: { index: number; reason: string }[];
}

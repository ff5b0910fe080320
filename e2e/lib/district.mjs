/**
 * A small synthetic district, entered through the API as people of each role would.
 *
 * Document numbers lie in division 440399, which belongs to nobody.
 */
import assert from "node:assert/strict";

const DIVISIONS = `code,name,level,parent
440310,坪山区,district,
440310001,坪山街道,subdistrict,440310
440310001001,六联社区,community,440310001
440310001002,六和社区,community,440310001
440310001003,坪山社区,community,440310001
440310002,马峦街道,subdistrict,440310
440310002001,坪环社区,community,440310002
440310002002,江岭社区,community,440310002
440310003,碧岭街道,subdistrict,440310
440310003001,碧岭社区,community,440310003
440310003002,汤坑社区,community,440310003
440310004,石井街道,subdistrict,440310
440310004001,金龟社区,community,440310004
440310004002,石井社区,community,440310004
440310005,坑梓街道,subdistrict,440310
440310005001,坑梓社区,community,440310005
440310005002,秀新社区,community,440310005
440310006,龙田街道,subdistrict,440310
440310006001,龙田社区,community,440310006
440310006002,南布社区,community,440310006
`;
const PASSWORD = "harbour pencil 39 moss";
/** What an account is made with. */
export const FIRST_PASSWORD = "first willow lantern";
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** The n-th synthetic resident number born on a day. */
export function residentNumber(n, birth = "19800101") {
  const digits = `440399${birth}${String(n).padStart(3, "0")}`;
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
  return digits + "10X98765432"[sum % 11];
}

/** One request; a refusal fails the test with what the server said. */
async function ask(base, path, { token, method, body, type, more } = {}) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...more };
  if (body !== undefined) headers["content-type"] = type ?? "application/json";
  const answer = await fetch(`${base}/api/v1/${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    body: body === undefined || type ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** The code a phone was sent last, which a demo shows. */
export const shownCode = async (server, phone, purpose = "enrol") =>
  (await ask(server.publicUrl, "phone-codes/shown", { body: { phone, purpose } })).code;

/** Enters tree, enclosure, gate, device and one account per role; gives what the tests need. */
export async function enterDistrict(server) {
  const staff = (path, options) => ask(server.staffUrl, path, options);
  const confirm = async (token) => {
    const { version } = await staff("me/ten-donts", { token });
    await staff("me/ten-donts", { token, body: { version } });
  };
  const signIn = async (account) => {
    const session = await staff("sessions", { body: account });
    if (session.account.needs.includes("confirm_ten_donts")) await confirm(session.token);
    return session.token;
  };
  /** Whoever gets an account gives it a password of their own. */
  const takeOver = async (account) => {
    const { token } = await staff("sessions", { body: { ...account, password: FIRST_PASSWORD } });
    const body = { current: FIRST_PASSWORD, password: account.password };
    await staff("me/password", { token, method: "PUT", body });
    await confirm(token);
    return token;
  };
  const admin = await signIn(server.admin);

  const accounts = {};
  const tokens = { security_admin: admin };
  for (const [role, display_name] of Object.entries({
    data_desk: "数据统计组",
    community_lead: "六联社区书记",
    grid_worker: "网格员小陈",
    team_doctor: "社区医生",
    team_police: "社区民警",
    privacy_officer: "个人信息保护负责人",
    audit_admin: "审计管理员",
    rule_maker: "规则编写员",
    rule_approver: "规则批准人",
    gate_guard: "门岗小李",
    subdistrict_officer: "街道办事处",
  })) {
    const account = { username: `e2e.${role}`, password: PASSWORD };
    // Colleagues of one community can hand work over; the others check each other.
    const unit = ["community_lead", "grid_worker"].includes(role) ? "六联社区" : display_name;
    const body = { ...account, password: FIRST_PASSWORD, role, display_name, unit, jurisdiction: "440310" };
    await staff("staff", { token: admin, body });
    accounts[role] = account;
    tokens[role] = await takeOver(account);
  }

  await staff("divisions/import", { token: tokens.data_desk, body: DIVISIONS, type: "text/csv" });
  const enclosure = await staff("enclosures", {
    token: tokens.data_desk,
    body: { name: "金地朗悦花园", kind: "estate", community_code: "440310001001" },
  });
  /** In another street, where other rules may be in force. */
  const elsewhere = await staff("enclosures", {
    token: tokens.data_desk,
    body: { name: "聚龙花园", kind: "estate", community_code: "440310002001" },
  });
  const lanes = [
    { lane: 1, direction: "in" },
    { lane: 2, direction: "out" },
  ];
  const gate = await staff("gates", {
    token: tokens.community_lead,
    body: { name: "东门", enclosure_id: enclosure.enclosure_id, lanes },
  });
  const device = await staff(`gates/${gate.gate_id}/devices`, { token: tokens.community_lead, body: { name: "一号机" } });

  const district = { accounts, deviceToken: device.device_token, enclosure, elsewhere, gate };
  /** A code by which another device is enrolled at the gate. */
  district.deviceCode = async (name) => {
    const path = `gates/${gate.gate_id}/device-codes`;
    return (await staff(path, { token: tokens.community_lead, body: { name } })).code;
  };
  district.revokeDevice = (device_id) =>
    staff(`devices/${device_id}/revoke`, { token: tokens.community_lead, body: {} });
  const shifts = new Map();
  /** The token of a guard's shift with a device: begun at need, and anew when it has ended. */
  district.onDuty = async ({ gate_id, device_token }) => {
    const headers = { authorization: `Bearer ${shifts.get(device_token)}` };
    const open = shifts.has(device_token) && (await fetch(`${server.staffUrl}/api/v1/device/shift`, { headers })).ok;
    if (!open) {
      const begun = { token: tokens.gate_guard, method: "POST", more: { "x-device-token": device_token } };
      shifts.set(device_token, (await staff(`gates/${gate_id}/shifts`, begun)).shift_token);
    }
    return shifts.get(device_token);
  };
  let besides = null;
  /** A device of these tests themselves, so that no guard at a browser is relieved. */
  const ownDevice = () => {
    const body = { name: "测试机" };
    besides ??= staff(`gates/${gate.gate_id}/devices`, { token: tokens.community_lead, body });
    return besides;
  };
  /** A guard wrote somebody down by hand, and let them through. */
  district.writeDown = async (who) => {
    const { device_token } = await ownDevice();
    const at = (await staff("time")).now;
    const entry = { entry_key: crypto.randomUUID(), at, direction: "in", action: "pass", ...who };
    return staff("device/register", { token: device_token, body: { entries: [entry] } });
  };
  /** What a device asks with its own token. */
  district.asDevice = (path, token) => staff(path, { token });
  /** A printed pass: the text of its code. */
  district.paperPass = async (document_number) => {
    const path = `people/${await personOf(document_number)}/paper-passes`;
    return (await staff(path, { token: tokens.grid_worker, body: {} })).qr;
  };
  const personOf = async (document_number) => {
    const body = { document_type: "resident_id", document_number };
    return (await staff("people/search", { token: tokens.grid_worker, body })).person_id;
  };

  /** Everybody signs in anew, after a time in which sessions have ended. */
  district.signInAgain = async () => {
    for (const [role, account] of Object.entries(accounts)) tokens[role] = await signIn(account);
  };

  /** Somebody applies on a phone; yellow unless more is done. */
  district.enrol = async (name, document_number, more = {}) => {
    const phone = more.phone ?? "13800138000";
    await ask(server.publicUrl, "phone-codes", { body: { phone, purpose: "enrol" } });
    const phone_code = await shownCode(server, phone);
    return ask(server.publicUrl, "people/enrol", {
      body: { name, document_type: "resident_id", document_number, phone, phone_code, ...more },
    });
  };
  /** A grid worker verifies the residence: green by rule. */
  district.verify = async (document_number) =>
    staff(`people/${await personOf(document_number)}/facts`, {
      token: tokens.grid_worker,
      body: { kind: "residence", status: "verified", enclosure: enclosure.enclosure_id, source: "visit" },
    });
  /** A grid worker records evidence. */
  district.record = async (document_number, body) =>
    staff(`people/${await personOf(document_number)}/facts`, { token: tokens.grid_worker, body });
  /** A doctor proposes a quarantine; nothing changes yet. */
  const proposeOrder = async (person_id) => {
    const now_ms = Date.parse((await staff("time")).now);
    const day = (n) => new Date(now_ms + 8 * 3_600_000 + n * 86_400_000).toISOString().slice(0, 10);
    const body = {
      person_id,
      reason: "close_contact",
      measure: { step: "start_quarantine", place: "home", start: day(0), end: day(14) },
      evidence: { kind: "order_document", reference: "坪隔〔2020〕12号" },
    };
    return staff("red-proposals", { token: tokens.team_doctor, body });
  };
  district.propose = async (document_number) => proposeOrder(await personOf(document_number));
  /** The response team starts a quarantine: red by rule. */
  district.quarantinePerson = async (person_id) => {
    const { proposal_id } = await proposeOrder(person_id);
    return staff(`red-proposals/${person_id}/${proposal_id}/confirm`, { token: tokens.team_police, body: {} });
  };
  /** Asks as somebody of a role. */
  district.as = (role) => (path, options) => staff(path, { token: tokens[role], ...options });
  /** The server's time. */
  district.time = () => staff("time");
  /** Somebody is entered at a counter. */
  district.enter = (name, document_number, { enclosure_id } = enclosure) =>
    staff("people", {
      token: tokens.community_lead,
      body: { name, document_type: "resident_id", document_number, enclosure_id },
    });
  /** Somebody is entered with building and room; the rules ask for a visit. */
  district.enterAt = (address, name, document_number) =>
    staff("people", {
      token: tokens.community_lead,
      body: { name, document_type: "resident_id", document_number, enclosure_id: enclosure.enclosure_id, address },
    });
  /** The lead uploads a map of the community; null takes it away. */
  district.putMap = (map) =>
    staff(`divisions/${enclosure.community_code}/map`, {
      token: tokens.community_lead,
      ...(map ? { method: "PUT", body: JSON.stringify(map), type: "application/geo+json" } : { method: "DELETE" }),
    });
  /** A colleague corrects somebody's address at the door. */
  district.correctAddress = async (document_number, address, address_code = undefined) => {
    const body = {
      call_id: Date.now(),
      called_at: (await staff("time")).now,
      people: [{ person_id: await personOf(document_number), outcome: "checked", seen: {}, address, address_code }],
    };
    const { results } = await staff("calls", { token: tokens.community_lead, body });
    assert.equal(results[0].status, "saved");
  };
  /** Announced openings and requests, as the response team sees them. */
  district.openings = () => staff("door-openings", { token: tokens.team_doctor });
  district.needs = () => staff("needs", { token: tokens.team_doctor });
  /** What the gate's screen shows now. */
  district.gateCode = () => staff("device/gate-code", { token: district.deviceToken });
  district.setRiskAreas = async (areas) => {
    const { version } = await staff("risk-areas", { token: tokens.data_desk });
    return staff("risk-areas", { token: tokens.data_desk, method: "PUT", body: { version, areas } });
  };
  /** The phone that people of a division are told. */
  district.setPhone = (code, phone) => staff(`divisions/${code}/phone`, { token: tokens.data_desk, method: "PUT", body: { phone } });
  /** The community decides somebody's open appeal. */
  district.decideAppeal = async (document_number, reason, text) => {
    const person_id = await personOf(document_number);
    const { items } = await staff(`appeals?person_id=${person_id}`, { token: tokens.community_lead });
    return staff(`appeals/${person_id}/${items[0].appeal_id}/decide`, { token: tokens.community_lead, body: { reason, text } });
  };
  /** The colour as it stands now. */
  district.colourOf = async (document_number) => {
    const person_id = await personOf(document_number);
    return (await staff(`people/${person_id}/decision`, { token: tokens.grid_worker })).colour;
  };
  district.quarantine = async (document_number) => district.quarantinePerson(await personOf(document_number));
  const ownShift = async () => district.onDuty({ ...gate, ...(await ownDevice()) });
  /** A scan at the gate by number, as another device would send it. */
  district.scan = async (document_number, more = {}) => {
    const at = (await staff("time")).now;
    const body = { document_number, document_type: "resident_id", direction: "in", at, ...more };
    return staff("scans", { token: await ownShift(), body });
  };
  /** A check on the spot of somebody scanned there. */
  district.checkOnSpot = async (document_number, answer) => {
    const body = { person_id: await personOf(document_number), at: (await staff("time")).now, ...answer };
    return staff("gate-checks", { token: await ownShift(), body });
  };
  return district;
}

/** The page that shows every picture of docs/screens, with a line about each. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folder } from "../lib/pictures.mjs";

/** Apps in their order, each with its pictures in the order of the work. */
const SECTIONS = {
  "A person's pass": {
    "pass-apply": "applying: three fields and a code on the phone",
    "pass-yellow": "yellow at once, the residence not checked yet",
    "pass-yellow-more": "below it: who has to act, by when, what helps",
    "pass-green": "green, after a worker's visit",
    "pass-green-large": "the same in large type",
    "pass-red": "red, with the order behind it",
    "pass-notices-more": "notices: the pass went to another phone",
    "pass-replaced": "the phone that no longer holds the pass",
    "pass-family-more": "the family's passes on one phone",
  },
  "Around the pass": {
    "my-home": "what there is besides the code",
    "my-family": "the family on one phone",
    "my-family-add": "adding a child",
    "my-declare": "declaring where one came from",
    "my-why": "why this colour, and what changes it",
    "my-why-before": "colours before, with their reasons",
    "my-object": "an appeal being written, with a lease",
    "my-appeal": "the appeal sent: who answers, by when",
    "my-appeal-answered": "answered",
    "my-appeals": "all appeals",
    "my-data": "what is kept, and who looked",
    "my-notice": "what happens with the data",
    "my-install": "on the home screen",
    "my-print-more": "a paper pass for a child",
  },
  "The gate": {
    "gate-set-up": "a device gets its gate by a code",
    "gate-sign-in": "the guard goes on duty",
    "gate-scan": "ready for the next",
    "gate-pass": "green: let them pass",
    "gate-check": "yellow: check first",
    "gate-check-form": "the check on the spot",
    "gate-checked": "checked, in for twelve hours",
    "gate-stop": "red: hold them",
    "gate-fever": "a fever stops anybody",
    "gate-number": "by document number",
    "gate-temperature": "entering a temperature",
    "gate-menu": "what else there is",
    "gate-code": "the gate's own code, for people to scan",
    "gate-group": "a family or a bus, one after the other",
    "gate-register": "written down by hand, when nothing works",
    "gate-paper": "a printed paper, checked by its serial",
    "gate-board": "this gate today",
    "gate-locked": "locked, and without network",
    "gate-offline": "a paper pass, decided without network",
    "gate-offline-scan": "work goes on without network",
    "gate-hand-over": "the shift handed over",
    "gate-relief": "handing over without network",
    "gate-t-scan": "a tablet at a lane",
    "gate-t-pass": "its answer",
  },
  "In the field": {
    "field-pin": "a PIN for the phone",
    "field-doors": "today's doors",
    "field-plan": "the same by building and floor",
    "field-map": "on the map of the estate",
    "field-door": "a household at the door",
    "field-door-more": "needs, corrections, remarks",
    "field-nobody": "nobody home",
    "field-newcomer": "a newcomer",
    "field-offline": "in a basement",
    "field-conflict": "two people changed the same address",
    "field-lead": "a lead hands out doors",
    "field-assign": "to whom",
    "field-alerts": "alerts with their clocks",
    "field-outcome": "how an alert ended",
    "field-order-new": "a quarantine proposed",
    "field-confirm": "a second person confirms",
    "field-watch": "who is under observation today",
    "field-check": "a temperature in two touches",
    "field-diary": "the days so far",
    "field-needs": "what households ask for",
    "field-orders": "orders that run",
    "field-order-extend": "one extended",
    "field-order-release": "one ended before its day, on a ground",
    "field-notice": "the notice of the end, printed",
    "field-papers": "the two papers a community may issue",
    "field-more": "a lead's further pages",
  },
  "The console: today": {
    "console-sign-in": "signing in",
    "console-live": "the district on one page",
    "console-subdistrict": "one subdistrict",
    "console-table": "the map as a table",
    "console-data-desk": "as the data desk sees it",
    "console-phone": "on a phone",
    "console-p-menu": "the menu of a phone",
    "console-response": "the response team's clocks",
  },
  "The console: people and passes": {
    "console-person": "a person's record",
    "console-break-glass": "lifting the masks, with a reason",
    "console-quarantine": "orders in force",
    "console-extend": "one extended",
    "console-appeals": "appeals with their clocks",
    "console-appeal": "one appeal, and the answer",
    "console-red": "red needs two people: proposing",
    "console-p-confirm": "and confirming, on a phone",
  },
  "The console: gates and places": {
    "console-gates": "a gate and its devices",
    "console-device-code": "a code for another device",
    "console-p-gates": "the gate on a phone",
    "console-maps": "the map of a community",
  },
  "The console: rules and changes": {
    "console-rules": "what is in force, and every version",
    "console-rules-table": "the table editor",
    "console-rules-faults": "faults where they are",
    "console-rules-cases": "cases that a draft breaks",
    "console-rules-changes": "what differs from what is in force",
    "console-rules-impact": "whom it would change: the impact card",
    "console-p-rules": "a version on a phone",
    "console-catalogue": "kinds of facts and columns as data",
    "console-catalogue-column": "a column being made",
    "console-catalogue-table": "a table that names one",
    "console-p-catalogue": "approving on a phone",
    "console-holds": "what would change many passes waits",
    "console-p-holds-more": "a decision about it, on a phone",
    "console-risk": "areas of high risk",
  },
  "The console: oversight": {
    "console-audit": "the audit log",
    "console-accounts": "accounts, and a new one",
  },
};
const LANGUAGES = { "zh-CN": "简体中文", en: "English", "zh-Hant": "繁體中文" };
const NARROW_PX = 260;
const WIDE_PX = 480;

const isPhone = (name) => !name.startsWith("console") || name.startsWith("console-p-") || name === "console-phone";

function section([title, captions], names, files) {
  const columns = Object.keys(LANGUAGES).filter((language) => names.some((name) => files.has(`${name}.${language}.png`)));
  const image = (name, language) =>
    `<img src="${name}.${language}.png" width="${isPhone(name) ? NARROW_PX : WIDE_PX}" alt="${captions[name]}, ${LANGUAGES[language]}">`;
  const cell = (name, language) => (files.has(`${name}.${language}.png`) ? image(name, language) : "");
  const rows = names.map((name) => `| **${name}**<br>${captions[name]} | ${columns.map((language) => cell(name, language)).join(" | ")} |`);
  return [`## ${title}`, "", `| | ${columns.map((language) => LANGUAGES[language]).join(" | ")} |`, `|---|${"---|".repeat(columns.length)}`, ...rows, ""];
}

/** Writes the page from the pictures that are there; a picture without a line about it is a mistake. */
export async function writeIndex() {
  const files = new Set((await readdir(folder)).filter((file) => file.endsWith(".png")));
  const there = new Set([...files].map((file) => file.split(".")[0]));
  const known = Object.values(SECTIONS).flatMap(Object.keys);
  const unknown = [...there].filter((name) => !known.includes(name));
  if (unknown.length) throw new Error(`e2e/screens/index.mjs says nothing about: ${unknown.join(", ")}`);
  const text = ["# Screens", "", "Written by `make screens`. All people are synthetic; the day is 6 March 2020.", ""];
  for (const entry of Object.entries(SECTIONS)) {
    const names = Object.keys(entry[1]).filter((name) => there.has(name));
    if (names.length) text.push(...section(entry, names, files));
  }
  await writeFile(join(folder, "README.md"), text.join("\n"));
}

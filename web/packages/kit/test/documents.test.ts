import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkCharacter, documentProblem, nameProblem, normaliseNumber, phoneProblem } from "../src/documents";

const today_ms = Date.parse("2020-03-06T00:00:00Z");
const resident = (number: string) => documentProblem("resident_id", number, today_ms);

test("accepts the synthetic numbers and the textbook one", () => {
  for (const number of [
    "11010519491231002X",
    "440399198001010013",
    "440399198001010021",
    "440399201506060117",
    "44039919761010108X",
  ])
    expect(resident(number), number).toBeNull();
});

test("forgives how people type", () => {
  expect(resident("44039919761010108x")).toBeNull();
  expect(resident("４４０３９９１９８００１０１００１３")).toBeNull();
  expect(resident(" 440399 19800101 0013 ")).toBeNull();
  expect(normaliseNumber("h 1234-5678")).toBe("H12345678");
});

test("says what is wrong, the first thing first", () => {
  expect(resident("")).toBe("document_empty");
  expect(resident("44039919800101001")).toBe("document_length");
  expect(resident("440399800101001")).toBe("document_old");
  expect(resident("44039919800101001A")).toBe("document_format");
  expect(resident("990399198001010013")).toBe("document_division");
  expect(resident("440399198002300010")).toBe("document_birth_date");
  expect(resident("440399202003080010")).toBe("document_birth_date");
  expect(resident("440399188001010010")).toBe("document_birth_date");
  expect(resident("440399198001010014")).toBe("document_checksum");
});

test("every single wrong digit and every swap of neighbours is caught", () => {
  const good = "440399198001010013";
  for (let i = 0; i < 17; i++) {
    for (const digit of "0123456789") {
      if (digit === good[i]) continue;
      const wrong = good.slice(0, i) + digit + good.slice(i + 1);
      expect(checkCharacter(wrong), wrong).not.toBe(good[17]);
    }
    const swapped = good.slice(0, i) + (good[i + 1] ?? "") + good[i] + good.slice(i + 2);
    if (swapped !== good && i < 16) expect(checkCharacter(swapped), swapped).not.toBe(good[17]);
  }
});

test("knows the other documents", () => {
  const problem = (type: Parameters<typeof documentProblem>[0], number: string) =>
    documentProblem(type, number, today_ms);
  expect(problem("hkmt_residence_permit", "810000199001010019")).toBeNull();
  expect(problem("hkmt_residence_permit", "820000199001010010")).toBeNull();
  expect(problem("hkmt_residence_permit", "830000199001010012")).toBeNull();
  expect(problem("hkmt_residence_permit", "440399198001010013")).toBe("document_division");
  expect(problem("home_return_permit", "H12345678")).toBeNull();
  expect(problem("home_return_permit", "A12345678")).toBe("document_format");
  expect(problem("taiwan_permit", "12345678")).toBeNull();
  expect(problem("taiwan_permit", "1234567890A")).toBeNull();
  expect(problem("taiwan_permit", "123456789")).toBe("document_format");
  expect(problem("foreign_permanent_residence", "ABC123456789012")).toBeNull();
  expect(problem("foreign_permanent_residence", "440399198001010013")).toBe("document_division");
  expect(problem("passport_cn", "E12345678")).toBeNull();
  expect(problem("passport_cn", "EI1234567")).toBe("document_format");
  expect(problem("passport_foreign", "X1234567")).toBeNull();
  expect(problem("passport_foreign", "X12")).toBe("document_format");
});

test("names are not ASCII only", () => {
  for (const name of ["刘德全", "欧阳娜仁·其其格", "𠮷田", "Anne-Marie O’Neil"]) expect(nameProblem(name), name).toBeNull();
  expect(nameProblem("  ")).toBe("name_empty");
  expect(nameProblem("王".repeat(51))).toBe("name_length");
  expect(nameProblem("<b>王</b>")).toBe("name_characters");
  expect(nameProblem("王3")).toBe("name_characters");
});

test("phones of four places", () => {
  for (const phone of ["13800138000", "+86 138-0013-8000", "+85291234567", "+85361234567", "+886912345678"])
    expect(phoneProblem(phone), phone).toBeNull();
  expect(phoneProblem("")).toBe("phone_empty");
  for (const phone of ["12800138000", "1380013800", "+85221234567", "138001380000"])
    expect(phoneProblem(phone), phone).toBe("phone_format");
});

/** The server's tests read the same file. */
const typed = JSON.parse(readFileSync(fileURLToPath(new URL("typed.json", import.meta.url)), "utf8")) as Record<
  "names" | "phones" | "numbers",
  Record<"taken" | "refused", string[]>
>;

test("what people type is judged as the server judges it", () => {
  const problems = { names: nameProblem, phones: phoneProblem, numbers: resident };
  for (const kind of ["names", "phones", "numbers"] as const) {
    for (const text of typed[kind].taken) expect(problems[kind](text), JSON.stringify(text)).toBeNull();
    for (const text of typed[kind].refused) expect(problems[kind](text), JSON.stringify(text)).not.toBeNull();
  }
});

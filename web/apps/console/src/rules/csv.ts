/**
 * CSV as the server writes it (RFC 4180): comma, quotes only where needed, one line end.
 *
 * Reading takes what spreadsheets write: a byte order mark, any line ends, quoted cells.
 */

/** Cells of each line; lines without anything in them are left out. */
export function parseCsv(text: string): string[][] {
  const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = (): void => {
    line.push(cell.trim());
    cell = "";
  };
  const endLine = (): void => {
    endCell();
    if (line.some((one) => one !== "")) lines.push(line);
    line = [];
  };
  for (let at = 0; at < source.length; at++) {
    const c = source[at] as string;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (source[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === ",") endCell();
    else if (c === "\n") endLine();
    else cell += c;
  }
  if (cell !== "" || line.length > 0) endLine();
  return lines;
}

const quote = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const formatCsv = (lines: string[][]): string => lines.map((line) => `${line.map(quote).join(",")}\n`).join("");

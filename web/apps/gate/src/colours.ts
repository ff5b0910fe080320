/**
 * Everybody's colour by the serial of the pass, two bits each, as `docs/snapshot.md` describes it.
 * Pure: bytes in, a snapshot out.
 */
import type { Colour } from "@gridpass/api";

type Bytes = Uint8Array<ArrayBuffer>;

export interface ColourSnapshot {
  version: number;
  /** Everything committed before this is in it. */
  as_of_ms: number;
  serials: number;
  /** Two bits a serial, the first in the lowest bits. */
  colours: Bytes;
  /** By serial: the seconds before which phones' and paper passes do not count. */
  revoked: Map<number, { phone_s: number; paper_s: number }>;
}

const HEAD_BYTES = 44;
const REVOCATION_BYTES = 12;
const NOBODY = 3;
const COLOURS: readonly Colour[] = ["green", "yellow", "red"];

/** The bytes are no snapshot, or none that goes with what is held. */
export class SnapshotError extends Error {}

/** The colour of a serial; null when it is nobody's. */
export function colourOf({ colours, serials }: ColourSnapshot, serial: number): Colour | null {
  if (serial < 0 || serial >= serials) return null;
  return COLOURS[((colours[serial >> 2] ?? 0xff) >> ((serial & 3) * 2)) & 3] ?? null;
}

/** Whether a pass of this form, issued then, was withdrawn. */
export function isRevoked(
  { revoked }: ColourSnapshot,
  { serial, form, issued_at }: { serial: number; form: string; issued_at: number },
): boolean {
  const one = revoked.get(serial);
  return one !== undefined && issued_at < (form === "paper" ? one.paper_s : one.phone_s);
}

const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Reads an answer on top of what is held. A version never goes back. */
export function readSnapshot(bytes: Bytes, held: ColourSnapshot | null): ColourSnapshot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || view.getUint32(0) !== 0x47505331) throw new SnapshotError("no snapshot");
  const [kind, version, since, as_of_ms] = [bytes[4], wide(view, 8), wide(view, 16), wide(view, 24)];
  const [serials, changes, revocations] = [32, 36, 40].map((at) => view.getUint32(at, true)) as [number, number, number];
  if (held && version < held.version) throw new SnapshotError("an older version");
  if (kind === 1 && held?.version !== since) throw new SnapshotError("changes of another version");
  const middle = kind === 1 ? changes * 4 : Math.ceil(serials / 4);
  if (bytes.length !== HEAD_BYTES + middle + revocations * REVOCATION_BYTES) throw new SnapshotError("cut off");

  const colours = kind === 1 ? grown(held!.colours, serials) : bytes.slice(HEAD_BYTES, HEAD_BYTES + middle);
  if (kind === 1) {
    for (let at = HEAD_BYTES; at < HEAD_BYTES + middle; at += 4) {
      const change = view.getUint32(at, true);
      write(colours, change >>> 2, change & 3);
    }
  }
  const revoked = new Map(kind === 1 ? held!.revoked : []);
  for (let at = HEAD_BYTES + middle; at < bytes.length; at += REVOCATION_BYTES) {
    const [serial, phone_s, paper_s] = [0, 4, 8].map((part) => view.getUint32(at + part, true)) as [number, number, number];
    revoked.set(serial, { phone_s, paper_s });
  }
  return { version, as_of_ms, serials, colours, revoked };
}

/** Room for more serials; the new ones are nobody's. */
function grown(colours: Bytes, serials: number): Bytes {
  const bytes = new Uint8Array(Math.max(colours.length, Math.ceil(serials / 4))).fill(0xff);
  bytes.set(colours);
  return bytes;
}

function write(colours: Bytes, serial: number, code: number): void {
  const [place, shift] = [serial >> 2, (serial & 3) * 2];
  colours[place] = ((colours[place] ?? 0xff) & ~(NOBODY << shift)) | (code << shift);
}

/** A snapshot as a whole answer, for keeping it. */
export function writeSnapshot({ version, as_of_ms, serials, colours, revoked }: ColourSnapshot): Bytes {
  const bytes = new Uint8Array(HEAD_BYTES + colours.length + revoked.size * REVOCATION_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x47505331);
  view.setBigUint64(8, BigInt(version), true);
  view.setBigUint64(24, BigInt(as_of_ms), true);
  view.setUint32(32, serials, true);
  view.setUint32(40, revoked.size, true);
  bytes.set(colours, HEAD_BYTES);
  let at = HEAD_BYTES + colours.length;
  for (const [serial, { phone_s, paper_s }] of revoked) {
    [serial, phone_s, paper_s].forEach((part, i) => view.setUint32(at + 4 * i, part, true));
    at += REVOCATION_BYTES;
  }
  return bytes;
}

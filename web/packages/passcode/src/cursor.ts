/** A strict walk over CBOR of a fixed shape: any other encoding of the same values is refused. */
import type { Bytes } from "./bytes";

/** Thrown when the bytes are not what they must be. */
export class ShapeError extends Error {}

/** The walk. */
export class Cursor {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  /** The next bytes as they are. */
  take(length: number): Bytes {
    const end = this.at + length;
    if (end > this.bytes.length) throw new ShapeError();
    const part = this.bytes.slice(this.at, end);
    this.at = end;
    return part;
  }

  /** The next byte. */
  byte(): number {
    return this.take(1)[0]!;
  }

  /** Steps over bytes if they come next, and says whether they did. */
  accept(expected: readonly number[]): boolean {
    if (!expected.every((byte, index) => this.bytes[this.at + index] === byte)) return false;
    this.at += expected.length;
    return true;
  }

  /** Steps over bytes that must come next. */
  expect(expected: readonly number[]): void {
    if (!this.accept(expected)) throw new ShapeError();
  }

  private head(major: number): number {
    const first = this.byte();
    const info = first & 0x1f;
    if (first >> 5 !== major || info > 27) throw new ShapeError();
    if (info < 24) return info;
    const width = 2 ** (info - 24);
    const value = this.take(width).reduce((sum, byte) => sum * 256 + byte, 0);
    const least = width === 1 ? 24 : 256 ** (width / 2);
    if (value < least || !Number.isSafeInteger(value)) throw new ShapeError();
    return value;
  }

  /** An unsigned integer no greater than `max`, which is at most 2^53 − 1. */
  uint(max: number): number {
    const value = this.head(0);
    if (value > max) throw new ShapeError();
    return value;
  }

  /** A byte string, of an exact length where one is given. */
  byteString(length?: number): Bytes {
    const found = this.head(2);
    if (length !== undefined && found !== length) throw new ShapeError();
    return this.take(found);
  }

  /** A text string, byte by byte. */
  text(): string {
    return String.fromCharCode(...this.take(this.head(3)));
  }

  /** Ends the walk: nothing may be left. */
  end(): void {
    if (this.at !== this.bytes.length) throw new ShapeError();
  }
}

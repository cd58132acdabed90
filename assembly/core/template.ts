import { bytesOf, copyBytes } from './bytes';

const OPEN: u8 = 123; // {
const CLOSE: u8 = 125; // }
const OR: u8 = 63; // ?
const CUT: u8 = 58; // :

/** Longest cut that can be asked for. */
const MOST_BYTES: i32 = 16384;

/** A stretch of literal text, or the first of some facts that there is. */
export class TemplateSegment {
  literal: StaticArray<u8> = bytesOf('');
  /** Names of facts, in the order in which they are tried; empty for literal text. */
  readonly facts: StaticArray<u8>[] = [];
  /** At most so many bytes of the fact. */
  mostBytes: i32 = i32.MAX_VALUE;
}

/**
 * A template: literal text, and facts in braces: `{fact}`, `{fact?other fact}`, `{fact:20}` for its first 20 bytes.
 * `{{` and `}}` are braces that are meant.
 */
export class TemplateText {
  readonly segments: TemplateSegment[] = [];
  /** What is wrong with it, as `expected …`; empty when nothing is. */
  error: string = '';

  constructor(text: StaticArray<u8>) {
    this.parse(text);
  }

  private parse(text: StaticArray<u8>): void {
    const literal = new StaticArray<u8>(text.length);
    let size = 0;
    let offset = 0;
    while (offset < text.length) {
      const byte = text[offset++];
      const isDoubled = offset < text.length && text[offset] == byte;
      if ((byte != OPEN && byte != CLOSE) || isDoubled) {
        literal[size++] = byte;
        if (byte == OPEN || byte == CLOSE) offset++;
        continue;
      }
      if (byte == CLOSE) return this.fail('expected a template in which "}" is written "}}"');
      this.pushLiteral(literal, size);
      size = 0;
      let end = offset;
      while (end < text.length && text[end] != CLOSE) end++;
      if (end == text.length) return this.fail('expected a template in which every "{" has its "}", and a "{" that is meant is written "{{"');
      this.pushFacts(text, offset, end);
      offset = end + 1;
    }
    this.pushLiteral(literal, size);
  }

  private fail(message: string): void {
    if (this.error.length == 0) this.error = message;
  }

  private pushLiteral(literal: StaticArray<u8>, size: i32): void {
    if (size == 0) return;
    const segment = new TemplateSegment();
    segment.literal = copyBytes(changetype<usize>(literal), size);
    this.segments.push(segment);
  }

  private pushFacts(text: StaticArray<u8>, start: i32, end: i32): void {
    const segment = new TemplateSegment();
    let namesEnd = start;
    while (namesEnd < end && text[namesEnd] != CUT) namesEnd++;
    if (namesEnd < end) {
      segment.mostBytes = 0;
      for (let offset = namesEnd + 1; offset < end && segment.mostBytes >= 0; offset++) {
        const digit = <i32>text[offset] - 48;
        segment.mostBytes = digit < 0 || digit > 9 || segment.mostBytes > MOST_BYTES ? -1 : segment.mostBytes * 10 + digit;
      }
      if (segment.mostBytes < 1 || segment.mostBytes > MOST_BYTES) this.fail('expected a number of bytes from 1 to 16384 behind ":"');
    }
    let nameStart = start;
    for (let offset = start; offset <= namesEnd; offset++) {
      if (offset < namesEnd && text[offset] != OR) continue;
      segment.facts.push(copyBytes(changetype<usize>(text) + nameStart, offset - nameStart));
      nameStart = offset + 1;
    }
    this.segments.push(segment);
  }
}

import { copyBytes, equalBytes } from '../core/bytes';

/** Deeper nesting than any configuration needs is refused before it can exhaust the stack. */
const MOST_NESTING: i32 = 32;

/**
 * A pull reader for JSON (RFC 8259) that knows where it is: the caller asks for what it expects, the reader says yes
 * or writes down one error with the path of the place, `rateLimits[0].limit: expected …, got …`. After an error
 * every further question is answered no, so callers need no checks of their own between reads.
 *
 * Reading an object: `if (reader.enterObject()) while (reader.nextField()) { if (reader.fieldIs('a')) … }`.
 */
export class JsonReader {
  error: string = '';
  private position: usize;
  private readonly end: usize;
  /** Where each open level stands: a field's first byte and length, or an index with no first byte. */
  private readonly pathStarts: StaticArray<usize> = new StaticArray<usize>(MOST_NESTING + 1);
  private readonly pathNumbers: StaticArray<i32> = new StaticArray<i32>(MOST_NESTING + 1);
  private isFirst: bool = true;
  private fieldStart: usize = 0;
  private fieldLength: i32 = 0;
  private depth: i32 = 0;

  constructor(pointer: usize, length: i32) {
    this.position = pointer;
    this.end = pointer + length;
  }

  get hasFailed(): bool { return this.error.length > 0; }

  /** Notes the first error; `expected` is a noun phrase. */
  fail(expected: string): void {
    this.failAt(expected, this.excerpt());
  }

  /** A whole statement about the value just read, at its path. */
  refuse(statement: string): void {
    if (this.hasFailed) return;
    const path = this.path();
    this.error = (path.length > 0 ? path + ': ' : '') + statement;
  }

  private path(): string {
    let path = '';
    for (let level = 1; level <= this.depth; level++) {
      const start = this.pathStarts[level];
      const number = this.pathNumbers[level];
      if (start == 0 && number < 0) continue;
      if (start == 0) path += '[' + number.toString() + ']';
      else path += (path.length > 0 ? '.' : '') + String.UTF8.decodeUnsafe(start, min(number, 64));
    }
    return path;
  }

  private failAt(expected: string, got: string): void {
    this.refuse('expected ' + expected + ', got ' + got);
  }

  enterObject(): bool {
    return this.enter(123, 'an object');
  }

  enterArray(): bool {
    return this.enter(91, 'an array');
  }

  private enter(bracket: i32, expected: string): bool {
    if (this.peek() != bracket) {
      this.fail(expected);
      return false;
    }
    if (this.depth == MOST_NESTING) {
      this.fail('at most 32 levels of nesting');
      return false;
    }
    this.depth++;
    this.position++;
    this.isFirst = true;
    this.pathStarts[this.depth] = 0;
    this.pathNumbers[this.depth] = -1;
    return !this.hasFailed;
  }

  /** Moves to the next field of an object; false at its end. */
  nextField(): bool {
    if (!this.nextElement(125, '"," or "}"')) return false;
    if (!this.readStringSpan()) return false;
    this.fieldStart = this.spanStart;
    this.fieldLength = this.spanLength;
    this.pathStarts[this.depth] = this.fieldStart;
    this.pathNumbers[this.depth] = this.fieldLength;
    if (this.peek() != 58) {
      this.fail('":"');
      return false;
    }
    this.position++;
    return true;
  }

  fieldIs(name: StaticArray<u8>): bool {
    return this.fieldLength == name.length && equalBytes(this.fieldStart, changetype<usize>(name), name.length);
  }

  refuseField(): void {
    this.refuse('expected no field of this name');
  }

  /** Moves to the next element of an array, whose position is `index`; false at its end. */
  nextItem(index: i32): bool {
    if (!this.nextElement(93, '"," or "]"')) return false;
    this.pathNumbers[this.depth] = index;
    return true;
  }

  private nextElement(close: i32, expected: string): bool {
    if (this.hasFailed) return false;
    const next = this.peek();
    if (next == close) {
      this.position++;
      this.depth--;
      this.isFirst = false;
      return false;
    }
    if (!this.isFirst) {
      if (next != 44) {
        this.fail(expected);
        return false;
      }
      this.position++;
      if (this.peek() == close) {
        this.fail('a value after ","');
        return false;
      }
    }
    this.isFirst = false;
    return true;
  }

  /** A string's bytes with its escapes resolved; empty after an error. */
  readString(): StaticArray<u8> {
    if (!this.readStringSpan()) return new StaticArray<u8>(0);
    return this.unescape(this.spanStart, this.spanLength);
  }

  readBoolean(): bool {
    if (this.skipWord('true')) return true;
    if (!this.skipWord('false')) this.fail('true or false');
    return false;
  }

  /** A whole number; `1e9` and `5.0` are whole too, since a Struct's numbers are printed so. */
  readWhole(least: u64, most: u64): u64 {
    const start = this.position;
    const first = this.peek();
    if (this.hasFailed) return least;
    const at = this.position;
    let value: u64 = 0;
    let scale: i32 = 0;
    let digits = 0;
    let isWhole = first >= 48 && first <= 57;
    let isFraction = false;
    while (isWhole && this.position < this.end) {
      const byte = load<u8>(this.position);
      if (byte >= 48 && byte <= 57) {
        if (value > (u64.MAX_VALUE - 9) / 10) isWhole = false;
        value = value * 10 + (byte - 48);
        digits++;
        if (isFraction) scale--;
      } else if (byte == 46 && !isFraction) {
        isFraction = true;
      } else {
        break;
      }
      this.position++;
    }
    if (isWhole && this.position < this.end && (load<u8>(this.position) | 32) == 101 /* e */) {
      scale += this.readExponent();
    }
    while (scale < 0 && value % 10 == 0 && value > 0) {
      value /= 10;
      scale++;
    }
    while (scale > 0 && value > 0 && isWhole) {
      if (value > u64.MAX_VALUE / 10) isWhole = false;
      value *= 10;
      scale--;
    }
    if (value == 0) scale = 0;
    if (!isWhole || digits == 0 || scale != 0 || value < least || value > most) {
      this.position = at < this.end ? at : start;
      this.fail('a whole number from ' + least.toString() + ' to ' + most.toString());
      return least;
    }
    return value;
  }

  private readExponent(): i32 {
    this.position++;
    let isNegative = false;
    if (this.position < this.end) {
      const sign = load<u8>(this.position);
      if (sign == 43 || sign == 45) {
        isNegative = sign == 45;
        this.position++;
      }
    }
    let exponent = 0;
    while (this.position < this.end && load<u8>(this.position) - 48 < 10) {
      exponent = min(exponent * 10 + (load<u8>(this.position) - 48), 1000);
      this.position++;
    }
    return isNegative ? -exponent : exponent;
  }

  /** Nothing but white space may follow the document. */
  finish(): void {
    if (!this.hasFailed && this.peek() != -1) this.fail('the end of the document');
  }

  private spanStart: usize = 0;
  private spanLength: i32 = 0;

  private readStringSpan(): bool {
    if (this.hasFailed) return false;
    if (this.peek() != 34) {
      this.fail('a string');
      return false;
    }
    const start = this.position + 1;
    let at = start;
    while (at < this.end) {
      const byte = load<u8>(at);
      if (byte == 34) {
        this.spanStart = start;
        this.spanLength = <i32>(at - start);
        this.position = at + 1;
        return true;
      }
      if (byte < 32) break;
      at += byte == 92 ? 2 : 1;
    }
    this.fail('a string that ends');
    return false;
  }

  private unescape(start: usize, length: i32): StaticArray<u8> {
    let hasEscape = false;
    for (let offset = 0; offset < length; offset++) if (load<u8>(start + offset) == 92) hasEscape = true;
    if (!hasEscape) return copyBytes(start, length);
    const buffer = heap.alloc(length);
    let size = 0;
    let offset = 0;
    while (offset < length) {
      const byte = load<u8>(start + offset);
      offset++;
      if (byte != 92) {
        store<u8>(buffer + size++, byte);
        continue;
      }
      const escape = load<u8>(start + offset);
      offset++;
      if (escape == 117 /* u */) {
        let code = this.readHexadecimal(start + offset, length - offset);
        if (code < 0) break;
        offset += 4;
        if (code >= 0xd800 && code < 0xdc00 && offset + 6 <= length && load<u16>(start + offset) == 0x755c /* \u */) {
          const low = this.readHexadecimal(start + offset + 2, length - offset - 2);
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            offset += 6;
          }
        }
        size += writeUtf8(buffer + size, code);
      } else {
        const plain = simpleEscape(escape);
        if (plain < 0) {
          this.fail('a JSON escape');
          break;
        }
        store<u8>(buffer + size++, <u8>plain);
      }
    }
    const bytes = copyBytes(buffer, size);
    heap.free(buffer);
    return bytes;
  }

  /** −1, and an error, when these are no four hexadecimal digits. */
  private readHexadecimal(pointer: usize, available: i32): i32 {
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const byte: i32 = index < available ? load<u8>(pointer + index) : 0;
      const lower = byte | 32;
      if (byte >= 48 && byte <= 57) value = value * 16 + byte - 48;
      else if (lower >= 97 && lower <= 102) value = value * 16 + lower - 87;
      else {
        this.fail('four hexadecimal digits');
        return -1;
      }
    }
    return value;
  }

  private skipWord(word: string): bool {
    this.peek();
    if (this.hasFailed || this.position + word.length > this.end) return false;
    for (let index = 0; index < word.length; index++) {
      if (load<u8>(this.position + index) != word.charCodeAt(index)) return false;
    }
    this.position += word.length;
    return true;
  }

  /** The next byte that is no white space, −1 at the end. */
  private peek(): i32 {
    while (this.position < this.end) {
      const byte = load<u8>(this.position);
      if (byte != 32 && byte != 10 && byte != 13 && byte != 9) return byte;
      this.position++;
    }
    return -1;
  }

  /** What stands here, shortened, for messages. */
  private excerpt(): string {
    if (this.peek() == -1) return 'the end of the document';
    let length = 0;
    const most = min<i32>(40, <i32>(this.end - this.position));
    const isString = load<u8>(this.position) == 34;
    while (length < most) {
      const byte = load<u8>(this.position + length);
      if (isString ? byte == 34 && length > 0 : length > 0 && isDelimiter(byte)) break;
      length++;
    }
    if (isString && length < most) length++;
    return String.UTF8.decodeUnsafe(this.position, length);
  }
}

function isDelimiter(byte: u8): bool {
  return byte == 44 || byte == 125 || byte == 93 || byte <= 32;
}

function simpleEscape(escape: u8): i32 {
  switch (escape) {
    case 34: return 34;
    case 92: return 92;
    case 47: return 47;
    case 98: return 8;
    case 102: return 12;
    case 110: return 10;
    case 114: return 13;
    case 116: return 9;
    default: return -1;
  }
}

function writeUtf8(target: usize, code: i32): i32 {
  if (code < 0x80) {
    store<u8>(target, <u8>code);
    return 1;
  }
  if (code < 0x800) {
    store<u8>(target, <u8>(0xc0 | (code >> 6)));
    store<u8>(target + 1, <u8>(0x80 | (code & 63)));
    return 2;
  }
  if (code < 0x10000) {
    store<u8>(target, <u8>(0xe0 | (code >> 12)));
    store<u8>(target + 1, <u8>(0x80 | ((code >> 6) & 63)));
    store<u8>(target + 2, <u8>(0x80 | (code & 63)));
    return 3;
  }
  store<u8>(target, <u8>(0xf0 | (code >> 18)));
  store<u8>(target + 1, <u8>(0x80 | ((code >> 12) & 63)));
  store<u8>(target + 2, <u8>(0x80 | ((code >> 6) & 63)));
  store<u8>(target + 3, <u8>(0x80 | (code & 63)));
  return 4;
}

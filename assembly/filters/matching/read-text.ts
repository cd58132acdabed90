import { bytesOf, indexOfByte, lowerCaseByte } from '../../core/bytes';
import { JsonReader } from '../../runtime/json-reader';

/** Words and texts of a plugin configuration. */

/** Compares configuration text with a word; only while configuring. */
export function isWord(bytes: StaticArray<u8>, word: string): bool {
  if (bytes.length != word.length) return false;
  for (let index = 0; index < bytes.length; index++) if (<i32>bytes[index] != word.charCodeAt(index)) return false;
  return true;
}

export function readStrings(reader: JsonReader): StaticArray<u8>[] {
  const strings: StaticArray<u8>[] = [];
  if (!reader.enterArray()) return strings;
  for (let index = 0; reader.nextItem(index); index++) strings.push(reader.readString());
  return strings;
}

export function readNonEmpty(reader: JsonReader): StaticArray<u8> {
  const text = reader.readString();
  if (text.length == 0) reader.refuse('expected a text that is not empty');
  return text;
}

/** False for the first word, true for the second. */
export function readChoice(reader: JsonReader, first: string, second: string): bool {
  const word = reader.readString();
  if (isWord(word, second)) return true;
  if (!isWord(word, first)) reader.refuse('expected ' + first + ' or ' + second);
  return false;
}

export function isHeaderName(name: StaticArray<u8>): bool {
  if (name.length == 0) return false;
  for (let index = 0; index < name.length; index++) {
    const byte = name[index];
    const isLetter = byte >= 97 && byte <= 122;
    const isDigit = byte >= 48 && byte <= 57;
    if (!isLetter && !isDigit && indexOfByte(changetype<usize>(TOKEN_MARKS), TOKEN_MARKS.length, byte) < 0) return false;
  }
  return true;
}

const TOKEN_MARKS = bytesOf("!#$%&'*+-.^_`|~");

export function isHeaderValue(value: StaticArray<u8>): bool {
  for (let index = 0; index < value.length; index++) {
    const byte = value[index];
    if ((byte < 32 && byte != 9) || byte == 127) return false;
  }
  return true;
}

/** In lower case, as Envoy hands names over; `host` is what `:authority` was called before HTTP/2. */
export function headerName(name: StaticArray<u8>): StaticArray<u8> {
  lowerCase(name);
  return isWord(name, 'host') ? bytesOf(':authority') : name;
}

export function lowerCase(text: StaticArray<u8>): void {
  for (let at = 0; at < text.length; at++) text[at] = lowerCaseByte(text[at]);
}

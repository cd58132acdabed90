import { bytesOf } from '../core/bytes';
import { copyClean, isCleanText } from '../core/clean-text';
import { TemplateText } from '../core/template';
import { ValueTable } from '../core/value-table';

function plain(bytes: StaticArray<u8>): string {
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length);
}

/** `text` as it is read: literals in quotes, facts in angle brackets. */
function read(text: string): string {
  const template = new TemplateText(bytesOf(text));
  if (template.error.length > 0) return template.error;
  let result = '';
  for (let index = 0; index < template.segments.length; index++) {
    const segment = template.segments[index];
    if (segment.facts.length == 0) {
      result += '"' + plain(segment.literal) + '"';
      continue;
    }
    for (let at = 0; at < segment.facts.length; at++) result += '<' + plain(segment.facts[at]) + '>';
    if (segment.mostBytes != i32.MAX_VALUE) result += segment.mostBytes.toString();
  }
  return result;
}

const target: usize = memory.data(512);

describe('template', () => {
  it('parts literal text and facts', () => {
    expect(read('')).toBe('');
    expect(read('abc')).toBe('"abc"');
    expect(read('{a}')).toBe('<a>');
    expect(read('x{a}{b.c}y')).toBe('"x"<a><b.c>"y"');
    expect(read('{a?b?c:20}')).toBe('<a><b><c>20');
    expect(read('{a:16384}')).toBe('<a>16384');
  });

  it('reads doubled braces as braces that are meant', () => {
    expect(read('{{a}}')).toBe('"{a}"');
    expect(read('{{{a}}}')).toBe('"{"<a>"}"');
    expect(read('}}{{')).toBe('"}{"');
  });

  it('says what is wrong', () => {
    expect(read('}')).toBe('expected a template in which "}" is written "}}"');
    expect(read('{a}}')).toBe('expected a template in which "}" is written "}}"');
    const unclosed = 'expected a template in which every "{" has its "}", and a "{" that is meant is written "{{"';
    expect(read('{a')).toBe(unclosed);
    expect(read('{')).toBe(unclosed);
    const cut = 'expected a number of bytes from 1 to 16384 behind ":"';
    expect(read('{a:}')).toBe(cut);
    expect(read('{a:0}')).toBe(cut);
    expect(read('{a:-1}')).toBe(cut);
    expect(read('{a:99999999999999}')).toBe(cut);
  });
});

describe('clean text', () => {
  it('has no control characters but the tab', () => {
    for (let byte = 0; byte < 256; byte++) {
      store<u8>(target, <u8>byte);
      const isControl = (byte < 32 && byte != 9) || byte == 127;
      expect(isCleanText(target, 1)).toBe(!isControl, byte.toString());
      expect(copyClean(target + 256, target, 1)).toBe(isControl ? 0 : 1);
    }
    const dirty = bytesOf('a\r\nx-b: c\0');
    const size = copyClean(target, changetype<usize>(dirty), dirty.length);
    expect(String.UTF8.decodeUnsafe(target, size)).toBe('ax-b: c');
  });
});

describe('value table', () => {
  it('finds every value it has and no other', () => {
    const table = new ValueTable(1024);
    for (let index = 0; index < 1024; index++) {
      expect(table.add(bytesOf('key' + index.toString()), bytesOf(index.toString()))).toBe(true);
    }
    expect(table.add(bytesOf('key7'), bytesOf('again'))).toBe(false);
    for (let index = 0; index < 1024; index++) {
      const key = bytesOf('key' + index.toString());
      expect(plain(table.find(changetype<usize>(key), key.length)!)).toBe(index.toString());
    }
    const absent = bytesOf('key');
    expect(table.find(changetype<usize>(absent), absent.length) === null).toBe(true);
  });
});

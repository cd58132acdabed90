import { describe, expect, it } from 'vitest';
import { compileRegularExpression, encodePattern, LIMITS, matchesTable } from './index.ts';

function tableOf(expression: string): Uint8Array {
  const compiled = compileRegularExpression(expression);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.table;
}

function matches(expression: string, value: string | number[]): boolean {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value);
  return matchesTable(tableOf(expression), bytes);
}

describe('a compiled expression', () => {
  it.each<[property: string, expression: string, matching: string[], other: string[]]>([
    ['matches the whole value', 'ab', ['ab'], ['', 'a', 'xab', 'abx', 'ab\n']],
    ['of no text matches only no text', '', [''], ['a']],
    ['that can match nothing matches nothing', 'a^b', [], ['', 'a', 'ab', 'a\nb']],
    ['takes any alternative, empty ones too', 'a||bc', ['', 'a', 'bc'], ['b', 'abc']],
    ['repeats within its counts', '(?:ab){2,3}', ['abab', 'ababab'], ['ab', 'abababab']],
    ['lets a dot stand for all but a newline', 'a.c', ['abc', 'aéc', 'a😀c'], ['a\nc', 'ac', 'abbc']],
    ['lets a dot stand for a newline with (?s)', '(?s)a.c', ['a\nc'], ['ac']],
    ['knows class ranges and their complement', '[^a-y]z', ['zz', 'éz', '\nz'], ['az', 'z']],
    ['knows ranges beyond ASCII', '[à-ÿ]+', ['é', 'àÿ'], ['ß', 'Ā', 'e']],
    ['knows ranges across UTF-8 lengths', '[\\x{7e}-\\x{10001}]', ['~', '\x80', '￿', '𐀀'], ['}', '𐀂']],
    ['knows Unicode properties', '\\p{Greek}\\PL', ['α1', 'Ω-'], ['a1', 'αβ']],
    ['ignores case beyond ASCII with (?i)', '(?i)straße', ['STRAßE', 'straẞe'], ['strasse']],
    ['ignores case of letters with three forms', '(?i)ks', ['KS', 'Kſ'], ['k']],
    ['ends its flags with their group', '(?i:a)b', ['Ab', 'ab'], ['aB']],
    ['takes quoted text literally', '\\Qa.b\\E', ['a.b'], ['axb']],
    ['anchors at the ends of the text', '^a$|\\Ab\\z', ['a', 'b'], ['\na', 'a\n', 'b\n']],
    ['anchors at the ends of lines with (?m)', '(?m)a$(?s:.)^b', ['a\nb'], ['a b', 'a\n\nb']],
    ['finds word boundaries', '.*\\bcat\\b.*', ['cat', 'a cat!', 'écaté'], ['cats', 'concat', '_cat']],
    ['finds places within words', 'a\\Bb.*\\B!', ['ab-!', 'abé!'], ['ab!']],
    ['decides several assertions at one place', '(?m)a\\b$\\n^\\Bb|a\\b$\\n^\\bb', ['a\nb'], ['ab']],
    ['treats empty text as no word', '\\B', [''], ['a']],
    [
      'matches a path as gateways write it',
      '/users/[^/]+/orders(/\\d+)?',
      ['/users/é/orders/7'],
      ['/users//orders'],
    ],
  ])('%s', (_, expression, matching, other) => {
    expect(matching.filter((value) => !matches(expression, value))).toEqual([]);
    expect(other.filter((value) => matches(expression, value))).toEqual([]);
  });

  it.each<[property: string, value: number[]]>([
    ['a byte that never starts a character', [0xff]],
    ['a continuation byte alone', [0x80]],
    ['a character cut short', [0xc3]],
    ['an overlong form of two bytes', [0xc0, 0xaf]],
    ['a lead byte before ASCII', [0xe2, 0x41, 0x41]],
  ])('lets nothing stand for %s', (_, value) => {
    expect(matches('(?s).*', value)).toBe(false);
    expect(matches('[^a]+', value)).toBe(false);
    expect(matches('\\PL+', value)).toBe(false);
  });

  it('lets a dot stand for what RE2 lets it: an overlong form of three bytes, and a surrogate', () => {
    expect(matches('.', [0xe0, 0x80, 0xaf])).toBe(true);
    expect(matches('.', [0xed, 0xa0, 0x80])).toBe(true);
    expect(matches('[^é]', [0xe0, 0x80, 0xaf])).toBe(false);
  });

  it.each(['^(a+)+$', '(a|a)*', '(a*)*b|a*', '(x+x+)+y|(?:a?){50}a{50}'])(
    '%s is one step a byte of the value: it ends',
    (expression) => {
      const value = new TextEncoder().encode(`${'a'.repeat(100_000)}b`);
      expect(typeof matchesTable(tableOf(expression), value)).toBe('boolean');
    },
  );

  it('gives the same table for expressions that accept the same values', () => {
    expect(tableOf('(?:b|a)(?:a|b)*')).toEqual(tableOf('[ab]+'));
    expect(tableOf('^(a+)+$')).toEqual(tableOf('a+'));
  });

  it('needs few states and classes where few are enough', () => {
    const view = new DataView(tableOf('[a-z]+').buffer);
    expect([view.getUint16(4, true), view.getUint16(6, true), view.getUint16(8, true)]).toEqual([3, 2, 1]);
  });

  it('is documented byte by byte', () => {
    const table = tableOf('a');
    expect(table.length).toBe(12 + 256 + 3 + 1 + 3 * 2 * 2);
    expect([...table.slice(0, 12)]).toEqual([...new TextEncoder().encode('SDF1'), 3, 0, 2, 0, 1, 0, 0, 0]);
    expect(table.indexOf(1, 12) - 12).toBe('a'.charCodeAt(0));
    expect([...table.slice(268, 272)]).toEqual([0, 0, 1, 0]);
    expect([...table.slice(272)]).toEqual([0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
  });

  it('stands in a configuration as base64, with its source', () => {
    const encoded = encodePattern('a+');
    expect(encoded).toEqual({
      ok: true,
      pattern: { expression: 'a+', table: Buffer.from(tableOf('a+')).toString('base64') },
    });
  });
});

describe('a refusal', () => {
  it.each([
    ['(?=a)', 'look-ahead is not supported in RE2'],
    ['a(?!b)', 'look-ahead is not supported in RE2'],
    ['(?<=a)b', 'look-behind is not supported in RE2'],
    ['(?<!a>)b', 'look-behind is not supported in RE2'],
    ['(a)\\1', 'back-references are not supported in RE2'],
    ['(?P<n>a)(?P=n)', 'back-references are not supported in RE2'],
    ['(?<n>a)\\k<n>', 'back-references are not supported in RE2'],
    ['(?>a)', 'atomic groups are not supported in RE2'],
    ['(?#note)', 'comments are not supported in RE2'],
    ['a++', 'invalid nested repetition operator "++"'],
    ['a\\Z', '"\\Z" is not supported in RE2; write "\\z" for the end of the text'],
    ['\\u00e9', '"\\u" is not supported in RE2; write "\\x{…}" for a code point'],
    ['a\\Cb', '"\\C", a single byte, is not supported here'],
    ['x{1001}', 'invalid repeat count "{1001}"; the most is 1000'],
    ['a[b', 'missing closing ] "[b"'],
    ['(a', 'missing closing )'],
    ['[b-a]', 'invalid character class range "b-a"'],
    ['\\p{Nothing}', 'invalid character class range'],
    ['a\\', 'trailing backslash at end of expression'],
  ])('of %s names the reason', (expression, reason) => {
    expect(compileRegularExpression(expression)).toEqual({
      ok: false,
      message: `expected a regular expression in RE2 syntax, got ${JSON.stringify(expression)}: ${reason}`,
    });
  });

  it.each<[what: string, expression: string, message: string]>([
    [
      'too long an expression',
      'a'.repeat(1_025),
      'expected a regular expression of at most 1024 characters, got one of 1025',
    ],
    [
      'half a character',
      '\ud800',
      'expected a regular expression in well-formed Unicode, got a lone surrogate in it',
    ],
    [
      'too long a program',
      '.{1000}'.repeat(60),
      'expected a regular expression of at most 10000 instructions, got one of about 60000: lower its repetition counts',
    ],
    [
      'too many states',
      '(a|b)*a(a|b){11}',
      'expected a regular expression of at most 2000 states, got one of 4097',
    ],
    [
      'far too many states',
      '(a|b)*a(a|b){20}',
      'expected a regular expression of at most 10000 states before minimizing, got one of more: lower its repetition counts',
    ],
    [
      'too much work',
      '(a?){1000}',
      'expected a regular expression that compiles in at most 2000000 steps, got one that takes more: lower its repetition counts',
    ],
  ])('of %s names the limit', (_, expression, message) => {
    expect(compileRegularExpression(expression)).toEqual({ ok: false, message });
  });

  it('of too large a table names the limit', () => {
    const compiled = compileRegularExpression('\\pL{6}');
    expect(compiled).toMatchObject({
      message: expect.stringMatching(
        /^expected a regular expression whose table has at most 262144 bytes, got one of \d+$/,
      ),
    });
  });

  it.each<[what: string, expression: string]>([
    ['long repetitions', '(?:[a-z]{0,99}){100}'],
    ['exponentially many states', '(a|b)*a(a|b){20}'],
    ['many optional letters', '(a?){1000}'],
    ['many optional characters', '(.?){500}'],
    ['large classes in two positions', '.*(\\pL|x).{5}\\PN'],
    ['many assertions', '((\\b|^|$|\\B)\\pL?){300}'],
    ['overlapping repetitions', '(.*[a-z].{0,30}){5}'],
    ['repeated large classes', '\\pL{0,60}'],
    ['many large classes', `(?:${'\\pL'.repeat(100)}){10}`],
    ['open classes', '[['.repeat(512)],
    ['open groups', '('.repeat(1_024)],
  ])('of %s comes before the work is done', (_, expression) => {
    expect(compileRegularExpression(expression).ok).toBe(false);
  });

  it('never comes before the limits are reached', () => {
    expect(compileRegularExpression('a'.repeat(LIMITS.expressionLength)).ok).toBe(true);
    expect(compileRegularExpression('a{999}b{999}').ok).toBe(true);
    expect(compileRegularExpression('[^/]{1,400}').ok).toBe(true);
    expect(compileRegularExpression('\\pL+ \\pN*').ok).toBe(true);
  });
});

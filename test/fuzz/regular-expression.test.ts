import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { compileRegularExpression, matchesTable } from '../../host/src/plan/regular-expression/index.ts';

/** Fast path against slow: the compiled table against the engine of re2js, on the same expression and value. */

const VALUES_PER_EXPRESSION = 12;
const EXPRESSIONS = 1_500;
const SEED = 20_250_101;

const character = fc.constantFrom(
  ...'aAbkKsSéÉßẞſΣσςあ😀_01-. \n\0',
  '\u212a',
  '\u07ff',
  '\u0800',
  '\uffff',
  '\u{10ffff}',
);

const characterClass = fc.constantFrom(
  '[ab]', '[^ab]', '[a-z]', '[^\\n]', '[A-Za-z_]', '[é-あ]', '[^é]', '[\\x{7f}-\\x{800}]', '[\\x{80}-\\x{10ffff}]',
  '[^\\x00-\\x{10FFFF}]', '[[:alpha:]]', '[[:^word:]s]', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\pL', '\\PL',
  '\\p{Greek}', '\\p{Lu}', '[\\d\\PN]',
); // biome-ignore format: a table

const assertion = fc.constantFrom(
  '^',
  '$',
  '\\A',
  '\\z',
  '\\b',
  '\\B',
  '(?m:^)',
  '(?m:$)',
  '(?m:$^)',
  '\\b$',
  '^\\B',
);

const literal = character.map((text) => RE2JS.quote(text));

const repetition = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{0,3}', '{1,}', '{0}', '{2,4}?');

const group = fc.constantFrom('(', '(?:', '(?i:', '(?s:', '(?m:', '(?-s:', '(?ims:', '(?U:');

const { expression } = fc.letrec<{ expression: string; sequence: string; part: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('sequence'),
    fc.array(tie('sequence'), { minLength: 2, maxLength: 3 }).map((branches) => branches.join('|')),
  ),
  sequence: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: literal },
    { weight: 2, arbitrary: fc.constant('.') },
    { weight: 3, arbitrary: characterClass },
    { weight: 2, arbitrary: assertion },
    { weight: 4, arbitrary: fc.tuple(group, tie('expression')).map(([open, inner]) => `${open}${inner})`) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(group, tie('expression'), repetition)
        .map(([open, inner, count]) => `${open}${inner})${count}`),
    },
    { weight: 2, arbitrary: fc.tuple(literal, repetition).map(([text, count]) => `${text}${count}`) },
  ),
}));

const value = fc.oneof(
  fc.array(character, { maxLength: 6 }).map((characters) => characters.join('')),
  fc.string({ unit: fc.constantFrom('a', 'b', '\n', ' '), maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);

it.each([
  ['whole', 'testExact'],
  ['anywhere', 'test'],
] as const)(
  'an expression compiled to match %s matches exactly the values that re2js matches',
  (extent, ask) => {
    let pairs = 0;
    let matching = 0;
    fc.assert(
      fc.property(
        expression,
        fc.array(value, { minLength: VALUES_PER_EXPRESSION, maxLength: VALUES_PER_EXPRESSION }),
        (text, values) => {
          const compiled = compileRegularExpression(text, extent);
          if (!compiled.ok) {
            // Only size may stand against an expression built by the rules above.
            expect(compiled.message).not.toMatch(/RE2 syntax/);
            return;
          }
          const reference = RE2JS.compile(text);
          // The empty value, and pieces of the expression itself, match more often than what chance gives.
          for (const candidate of [...values, '', text.replace(/[^\p{L}\n]/gu, '')]) {
            const expected = reference[ask](candidate);
            expect(
              matchesTable(compiled.table, new TextEncoder().encode(candidate)),
              `${JSON.stringify(text)} against ${JSON.stringify(candidate)}`,
            ).toBe(expected);
            pairs++;
            if (expected) matching++;
          }
        },
      ),
      { numRuns: EXPRESSIONS, seed: SEED },
    );
    expect(pairs).toBeGreaterThan(5_000);
    expect(matching).toBeGreaterThan(pairs / 20);
  },
);

it('a compiled expression never matches bytes that cannot be UTF-8', () => {
  const broken = fc
    .tuple(
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom([0xff], [0xc0, 0x80], [0xc1], [0xf5], [0xc3, 0x41], [0xe2, 0x82, 0x0a], [0xf8]),
      fc.uint8Array({ maxLength: 3 }),
    )
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
  fc.assert(
    fc.property(expression, fc.array(broken, { minLength: 5, maxLength: 5 }), (text, values) => {
      const compiled = compileRegularExpression(text);
      if (!compiled.ok) return;
      for (const bytes of values) expect(matchesTable(compiled.table, bytes), text).toBe(false);
    }),
    { numRuns: 500, seed: SEED },
  );
});

it('any text at all is compiled or refused with a statement', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'ab()[]{}*+?|^$.\\,0123=!<>:-PpQEkié😀\n', '(?', '[:', '\ud800'),
    maxLength: 24,
  });
  fc.assert(
    fc.property(text, (source) => {
      const compiled = compileRegularExpression(source);
      if (!compiled.ok) expect(compiled.message).toMatch(/^expected a regular expression /);
    }),
    { numRuns: 2_000, seed: SEED },
  );
});

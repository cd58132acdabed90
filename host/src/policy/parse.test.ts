import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from './parse.ts';
import { MAX_SOURCE_BYTES } from './source.ts';

const values = (text: string) => parse([{ name: 'f.yaml', text }]).documents.map(({ value }) => value);
const messages = (text: string) =>
  parse([{ name: 'f.yaml', text }]).diagnostics.map(({ message }) => message);

describe('parse', () => {
  it('reads several documents of several sources in order, and leaves empty ones out', () => {
    const { documents } = parse([
      { name: 'a.yaml', text: 'a: 1\n---\n# nothing\n---\nb: 2\n' },
      { name: 'b.json', text: '{"c": 3}' },
    ]);
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  });

  it('reads YAML 1.2: `on`, `no` and 0777 are what they look like', () => {
    expect(values('on: no\nmode: 0777\nhex: 0x10\n')).toEqual([{ on: 'no', mode: 777, hex: 16 }]);
  });

  it('takes lists of objects apart, and says where in the list a mistake is', () => {
    const text = 'kind: List\nitems:\n- a: 1\n- b: 2\n';
    const { documents } = parse([{ name: 'f.yaml', text }]);
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
    expect(documents[1]!.diagnostic('error', ['b'], 'x')).toEqual({
      severity: 'error',
      position: { file: 'f.yaml', line: 4, column: 6 },
      path: 'items[1].b',
      message: 'x',
    });
  });

  it('places a value, a key, a missing field and an aliased value', () => {
    const text = '# comment\n---\na: &x\n  b: 1\nc: *x\nd:\n- e: 1\n';
    const { documents } = parse([{ name: 'f', text: `z: 0\n${text}` }]);
    const place = (path: (string | number)[], at?: 'key') => {
      const { line, column } = documents[1]!.diagnostic('error', path, '', at).position;
      return [line, column];
    };
    expect(place(['a', 'b'])).toEqual([5, 6]);
    expect(place(['a', 'b'], 'key')).toEqual([5, 3]);
    expect(place(['a', 'missing'])).toEqual([5, 3]);
    expect(place(['c', 'b'])).toEqual([6, 4]);
    expect(place(['d', 0, 'e'])).toEqual([8, 6]);
    expect(place([])).toEqual([4, 1]);
  });

  it('shares aliased values and refuses those that multiply', () => {
    expect(values('a: &x [1]\nb: *x\n')).toEqual([{ a: [1], b: [1] }]);
    const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`)}]\n`).join('')}`;
    expect(messages(bomb)).toEqual([expect.stringContaining('at most 100000 values')]);
  });

  it('reads 100 levels of nesting and refuses 101, in flow and in block style', () => {
    const flow = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(messages(flow(100))).toEqual([]);
    expect(messages(flow(101))).toEqual([expect.stringContaining('nested at most 100 deep')]);
    expect(messages(`${'- '.repeat(100)}x`)).toEqual([]);
    expect(messages(`${'- '.repeat(101)}x`)).toEqual([expect.stringContaining('nested at most 100 deep')]);
  });

  it('refuses a source above the size cap without reading it', () => {
    expect(messages('#'.repeat(MAX_SOURCE_BYTES + 1))).toEqual([expect.stringContaining('8 MiB')]);
  });

  it('gives up on text that is no YAML instead of reading on and on', () => {
    for (const text of [']\n'.repeat(1e6), '---\n'.repeat(1e6), '['.repeat(8e6), '{a: '.repeat(1e6)]) {
      expect(messages(text)).not.toEqual([]);
    }
  });

  it('never throws, and places every problem inside the text', () => {
    const fragments = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&x ',
      '*x',
      '"',
      "'",
      '|\n',
      '? ',
      '%',
      '\t',
      '#',
      '---\n',
      '!t ',
      '\0',
      'é',
      ', ',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const lines = text.split('\n').length;
        for (const { position } of parse([{ name: 'f', text }]).diagnostics) {
          expect(position.line).toBeGreaterThanOrEqual(1);
          expect(position.line).toBeLessThanOrEqual(lines);
          expect(position.column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Automaton } from './automaton.ts';
import { minimize } from './minimize.ts';

const CLASSES = 3;

/** Any automaton of up to 12 states over three classes of bytes; state 0 is dead. */
const automaton: fc.Arbitrary<Automaton> = fc.integer({ min: 1, max: 12 }).chain((stateCount) =>
  fc.record({
    stateCount: fc.constant(stateCount),
    classCount: fc.constant(CLASSES),
    start: fc.nat(stateCount - 1),
    classOfByte: fc.constant(Uint8Array.from({ length: 256 }, (_, byte) => Math.min(byte, CLASSES - 1))),
    accepting: fc
      .array(fc.nat(1), { minLength: stateCount, maxLength: stateCount })
      .map(([, ...others]) => Uint8Array.from([0, ...others])),
    next: fc
      .array(fc.nat(stateCount - 1), { minLength: stateCount * CLASSES, maxLength: stateCount * CLASSES })
      .map((next) => Uint32Array.from(next).fill(0, 0, CLASSES)),
  }),
);

function accepts({ start, classCount, classOfByte, accepting, next }: Automaton, bytes: number[]): boolean {
  const end = bytes.reduce((state, byte) => next[state * classCount + classOfByte[byte]!]!, start);
  return accepting[end] === 1;
}

/** Slow and plain (Moore): for each state the number of a block that no continuation tells apart. */
function indistinguishable({ stateCount, classCount, accepting, next }: Automaton): Set<string> {
  let blocks = Array.from(accepting, String);
  for (let round = 0; round < stateCount; round++) {
    const numbers = new Map<string, string>();
    blocks = blocks.map((block, state) => {
      const row = Array.from(next.slice(state * classCount, (state + 1) * classCount), (to) => blocks[to]!);
      const key = [block, ...row].join();
      return numbers.get(key) ?? numbers.set(key, String(numbers.size)).get(key)!;
    });
  }
  return new Set(blocks);
}

it('accepts the same values, with states that all differ and are numbered from the start', () => {
  const value = fc.array(fc.nat(CLASSES - 1), { maxLength: 8 });
  fc.assert(
    fc.property(automaton, fc.array(value, { minLength: 20, maxLength: 20 }), (original, values) => {
      const minimal = minimize(original);
      for (const bytes of values) expect(accepts(minimal, bytes)).toBe(accepts(original, bytes));
      expect(indistinguishable(minimal).size).toBe(minimal.stateCount);
      expect(minimal.start).toBe(minimal.stateCount === 1 ? 0 : 1);
      expect(minimize(minimal)).toEqual(minimal);
    }),
    { numRuns: 2_000, seed: 20_250_101 },
  );
});

it('merges bytes that no state tells apart', () => {
  const minimal = minimize({
    stateCount: 2,
    classCount: CLASSES,
    start: 1,
    classOfByte: Uint8Array.from({ length: 256 }, (_, byte) => byte % CLASSES),
    accepting: Uint8Array.from([0, 1]),
    next: Uint32Array.from([0, 0, 0, 1, 0, 1]),
  });
  expect(minimal.classCount).toBe(2);
  expect([...minimal.classOfByte.slice(0, 4)]).toEqual([0, 1, 0, 0]);
});

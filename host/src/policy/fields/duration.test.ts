import fc from 'fast-check';
import { expect, it } from 'vitest';
import { marginDuration, parseDuration, waitDuration } from './duration.ts';

it.each([
  ['1h30m', 5_400e9],
  ['500ms', 5e8],
  ['0.5s', 5e8],
  ['1.000000001s', 1_000_000_001],
  ['366h', 366 * 3_600e9],
  ['1us', 1_000],
  ['1ns', 1],
])('%s is %d ns', (text, nanos) => expect(parseDuration(text)).toBe(nanos));

it.each(['', '1', 's', '-1s', '1d', '1 s', '.5s', '1.s', '0.1ns', '1e3s', `${'9'.repeat(50)}h`])(
  '%j is no duration',
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

it('adds its parts', () => {
  const part = fc.integer({ min: 0, max: 59 });
  fc.assert(
    fc.property(part, part, part, (hours, minutes, seconds) => {
      const nanos = (hours * 3_600 + minutes * 60 + seconds) * 1e9;
      expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(nanos);
    }),
  );
});

it('of a wait lies between 1 ms and 1 h; a margin may be nothing', () => {
  const accepts = (field: ReturnType<typeof waitDuration>, text: string) => field.safeParse(text).success;
  expect(['1ms', '0.5s', '1h'].every((text) => accepts(waitDuration(), text))).toBe(true);
  expect(['0s', '0.9ms', '1h1ns'].some((text) => accepts(waitDuration(), text))).toBe(false);
  expect(['0s', '1h'].every((text) => accepts(marginDuration(), text))).toBe(true);
});

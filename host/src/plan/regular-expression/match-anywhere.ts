import type { Program } from './parse-program.ts';

const ANY_CHARACTER = [0, 0x10ffff];

/**
 * The same expression, satisfied when it matches any part of the value, as Go's `MatchString` has it. Done on the
 * program and not on the text: `.*(?:…).*` around `\Qa` or `a)(b` would be another expression.
 */
export function matchingAnywhere({ start, instructions }: Program): Program {
  const after = instructions.length;
  const before = after + 3;
  return {
    start: before,
    instructions: [
      ...instructions.map((instruction) =>
        instruction.kind === 'match' ? ({ kind: 'jump', next: after } as const) : instruction,
      ),
      { kind: 'fork', next: after + 1, other: after + 2 },
      { kind: 'character', ranges: ANY_CHARACTER, next: after },
      { kind: 'match' },
      { kind: 'fork', next: start, other: before + 1 },
      { kind: 'character', ranges: ANY_CHARACTER, next: before },
    ],
  };
}

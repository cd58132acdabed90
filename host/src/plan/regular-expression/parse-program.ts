import { RE2JS } from 're2js';

/**
 * A regular expression as a program for a Thompson machine: what re2js makes of the text, in words of our own.
 * Program counters are indices into `instructions`.
 *
 * Source: Cox, "Regular Expression Matching: the Virtual Machine Approach", https://swtch.com/~rsc/regexp/regexp2.html
 */
export interface Program {
  start: number;
  instructions: Instruction[];
}

export type Instruction =
  /** Consume one character in `ranges`: sorted, disjoint pairs of first and last code point. */
  | { kind: 'character'; ranges: ArrayLike<number>; next: number }
  /** Go on at both. */
  | { kind: 'fork'; next: number; other: number }
  | { kind: 'jump'; next: number }
  /** Go on only where all facts of `Fact` in the mask `facts` hold. */
  | { kind: 'assert'; facts: number; next: number }
  | { kind: 'match' }
  | { kind: 'fail' };

/** What an assertion asks about the place between two bytes; the bits are RE2's `EmptyOp`. */
export const Fact = {
  beginLine: 1,
  endLine: 2,
  beginText: 4,
  endText: 8,
  wordBoundary: 16,
  noWordBoundary: 32,
} as const;

/** The opcodes of re2js 2.10.0, `src/Inst.js`. */
const Opcode = {
  alt: 1,
  altMatch: 2,
  capture: 3,
  emptyWidth: 4,
  fail: 5,
  match: 6,
  nop: 7,
  rune: 8,
  rune1: 9,
  runeAny: 10,
  runeAnyNotNewline: 11,
} as const;

const FOLD_CASE = 1;
const MAX_CODE_POINT = 0x10ffff;
const NEWLINE = 0x0a;

/** The shape we rely on; re2js declares it, but promises nothing about it. */
interface Re2jsInstruction {
  op: number;
  out: number;
  arg: number;
  runes: ArrayLike<number>;
}

/** Throws re2js's `RE2JSSyntaxException` for text that is not RE2 syntax. */
export function parseProgram(expression: string): Program {
  requireKnownInternals();
  const { start, inst } = compiledProgram(expression);
  return { start, instructions: inst.map(translate) };
}

function compiledProgram(expression: string): { start: number; inst: Re2jsInstruction[] } {
  return RE2JS.compile(expression).re2().prog;
}

function translate(instruction: Re2jsInstruction): Instruction {
  const { op, out, arg } = instruction;
  switch (op) {
    case Opcode.alt:
    case Opcode.altMatch:
      return { kind: 'fork', next: out, other: arg };
    case Opcode.capture:
    case Opcode.nop:
      return { kind: 'jump', next: out };
    case Opcode.emptyWidth:
      return { kind: 'assert', facts: arg, next: out };
    case Opcode.fail:
      return { kind: 'fail' };
    case Opcode.match:
      return { kind: 'match' };
    case Opcode.rune:
    case Opcode.rune1:
    case Opcode.runeAny:
    case Opcode.runeAnyNotNewline:
      return { kind: 'character', ranges: rangesOf(instruction), next: out };
    default:
      throw new Error(`expected an opcode of re2js 2.10.0, got ${op}`);
  }
}

const ANY = [0, MAX_CODE_POINT];
const ANY_NOT_NEWLINE = [0, NEWLINE - 1, NEWLINE + 1, MAX_CODE_POINT];

function rangesOf({ op, arg, runes }: Re2jsInstruction): ArrayLike<number> {
  if (op === Opcode.runeAny) return ANY;
  if (op === Opcode.runeAnyNotNewline) return ANY_NOT_NEWLINE;
  if (runes.length !== 1) return runes;
  const only = runes[0]!;
  return (arg & FOLD_CASE) === 0 ? [only, only] : charactersEqualIgnoringCase(only);
}

const foldedCharacters = new Map<number, ArrayLike<number>>();

/**
 * `k` → `K`, `k` and the Kelvin sign. Asked of re2js itself, so that both use the same Unicode tables: a class that
 * also holds U+0000 is always written out in full, not as a letter with a flag.
 */
function charactersEqualIgnoringCase(codePoint: number): ArrayLike<number> {
  let ranges = foldedCharacters.get(codePoint);
  if (ranges === undefined) {
    const { start, inst } = compiledProgram(`(?i)[\\x{0}\\x{${codePoint.toString(16)}}]`);
    ranges = Array.from(inst[start]!.runes).slice(2);
    foldedCharacters.set(codePoint, ranges);
  }
  return ranges;
}

const PROBE = '(?i:k)|(^[a-c]|.)?(?s:.)\\b$(?:|x)';
const PROBE_PROGRAM =
  '15: 5 0 0; 8 16 1 75; 3 6 2; 4 4 4; 8 7 0 97,99; 11 7 0 0,9,11,1114111; 1 3 5; 3 9 3; 1 2 9; ' +
  '10 10 0 0,1114111; 4 11 16; 4 14 8; 7 16 0; 9 16 0 120; 1 12 13; 1 1 8; 6 0 0';

let knownInternals = false;

/** Fails loudly when an update of re2js changed the program that we read from its inside. */
function requireKnownInternals(): void {
  if (knownInternals) return;
  const { start, inst } = compiledProgram(PROBE);
  const instructions = inst.map(({ op, out, arg, runes }) =>
    [op, out, arg, runes.toString()].join(' ').trim(),
  );
  const found = `${start}: ${instructions.join('; ')}`;
  if (found !== PROBE_PROGRAM) {
    throw new Error(
      `expected re2js to compile ${PROBE} as version 2.10.0 does, got another program: ${found}. ` +
        'Read its src/Inst.js again before you use this version.',
    );
  }
  knownInternals = true;
}

import type { Automaton } from './automaton.ts';
import { ByteNodes, COMPLETE } from './byte-nodes.ts';
import { Fact, type Program } from './parse-program.ts';

export interface DeterminizeLimits {
  maxStates: number;
  /** Most visits of an instruction or byte step, the measure of time that is the same on every machine. */
  maxSteps: number;
}

export type Determinized =
  | { ok: true; automaton: Automaton }
  | { ok: false; exceeded: 'maxStates' | 'maxSteps' };

const NEWLINE = 0x0a;
const WORD_RANGES = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
] as const;
const END_OF_TEXT = -1;

const LINE_FACTS = Fact.beginLine | Fact.endLine;
const WORD_FACTS = Fact.wordBoundary | Fact.noWordBoundary;
/** Facts that are decided by what stands before a place; the others need the byte after it. */
const FACTS_BEFORE = Fact.beginText | Fact.beginLine;
/** Kept beside the facts before a place, for the word boundary there: the byte before is a word character. */
const AFTER_WORD = 64;

/**
 * Subset construction: one state of the automaton stands for all places where the program can be after some bytes.
 *
 * A place is a number, `programCounter * nodeCount + node`: inside or before a character the node of its class, for
 * a match and for an assertion that waits for the next byte `COMPLETE`. UTF-8 keeps all places of a state in step:
 * either all are between characters or none is. States between characters with a waiting assertion also remember
 * what stood before them; for all others that makes no difference, and is left out so that they coincide.
 *
 * Source: Cox, "Regular Expression Matching in the Wild", https://swtch.com/~rsc/regexp/regexp3.html, "Forward DFA"
 * and "Empty-width assertions".
 */
export function determinize(program: Program, limits: DeterminizeLimits): Determinized {
  return new Construction(program, limits).run();
}

interface State {
  places: number[];
  /** `FACTS_BEFORE` and `AFTER_WORD`; 0 unless an assertion waits. */
  before: number;
  hasWaiting: boolean;
}

/** Where a class leads: program counters when it ends a character, else places. */
interface Targets {
  list: number[];
  between: boolean;
  /** What the byte says about the place after it. */
  before: number;
}

/** What a new set of places costs beside its members, in steps. */
const STEPS_PER_SET = 8;

class Construction {
  readonly #program: Program;
  readonly #limits: DeterminizeLimits;
  readonly #nodes = new ByteNodes();
  /** For each instruction the root node of its class, 0 where it has none. */
  readonly #roots: Int32Array;
  readonly #nodeCount: number;
  readonly #classOfByte = new Uint8Array(256);
  /** The first byte of each class: a class never mixes newline, word and other bytes where that matters. */
  readonly #sampleOfClass: number[] = [];
  /** For each node its steps as flat triples of first class, last class, next node. */
  readonly #stepsOfNode: number[][];
  readonly #states: State[] = [{ places: [], before: 0, hasWaiting: false }];
  readonly #stateOfKey = new Map<string, number>([['0;', 0]]);
  /** For each instruction the number of the last closure that visited it. */
  readonly #visitedBy: Uint32Array;
  #closureNumber = 0;
  #steps = 0;

  constructor(program: Program, limits: DeterminizeLimits) {
    this.#program = program;
    this.#limits = limits;
    const { instructions } = program;
    this.#roots = Int32Array.from(instructions, (instruction) =>
      instruction.kind === 'character' ? (this.#nodes.rootOf(instruction.ranges) ?? 0) : 0,
    );
    this.#nodeCount = this.#nodes.steps.length;
    this.#visitedBy = new Uint32Array(instructions.length);
    this.#divideBytes();
    this.#stepsOfNode = this.#nodes.steps.map((steps) =>
      steps.flatMap(({ first, last, next }) => [this.#classOfByte[first]!, this.#classOfByte[last]!, next]),
    );
  }

  run(): Determinized {
    const classCount = this.#sampleOfClass.length;
    const start = this.#stateBetweenCharacters([this.#program.start], Fact.beginText | Fact.beginLine);
    const rows: Uint32Array[] = [];
    const accepting: number[] = [];
    // Grows while it is read: each state adds those that it leads to.
    for (const state of this.#states) {
      rows.push(this.#row(state));
      accepting.push(this.#matchesAtEnd(state) ? 1 : 0);
      if (this.#states.length > this.#limits.maxStates) return { ok: false, exceeded: 'maxStates' };
      if (this.#steps > this.#limits.maxSteps) return { ok: false, exceeded: 'maxSteps' };
    }
    const next = new Uint32Array(rows.length * classCount);
    rows.forEach((row, index) => {
      next.set(row, index * classCount);
    });
    return {
      ok: true,
      automaton: {
        stateCount: rows.length,
        classCount,
        start,
        classOfByte: this.#classOfByte,
        accepting: Uint8Array.from(accepting),
        next,
      },
    };
  }

  /** Two bytes share a class when no step, and no assertion of the program, tells them apart by range. */
  #divideBytes(): void {
    const startsClass = new Uint8Array(257);
    const separate = (first: number, last: number) => {
      startsClass[first] = 1;
      startsClass[last + 1] = 1;
    };
    for (const steps of this.#nodes.steps) for (const { first, last } of steps) separate(first, last);

    let facts = 0;
    for (const instruction of this.#program.instructions) {
      if (instruction.kind === 'assert') facts |= instruction.facts;
    }
    if (facts & LINE_FACTS) separate(NEWLINE, NEWLINE);
    if (facts & WORD_FACTS) for (const [first, last] of WORD_RANGES) separate(first, last);

    for (let byte = 0; byte < 256; byte++) {
      if (byte === 0 || startsClass[byte]) this.#sampleOfClass.push(byte);
      this.#classOfByte[byte] = this.#sampleOfClass.length - 1;
    }
  }

  /** Where the state leads, by class. */
  #row(state: State): Uint32Array {
    const reached: (Targets | undefined)[] = new Array(this.#sampleOfClass.length);
    if (state.hasWaiting) {
      const seen = new Set<number>();
      for (const sample of this.#sampleOfClass) {
        const kind = kindOf(sample);
        if (seen.has(kind)) continue;
        seen.add(kind);
        this.#advance(this.#placesBefore(state, sample), reached, kind);
      }
    } else {
      this.#advance(state.places, reached);
    }

    const row = new Uint32Array(reached.length);
    for (let byteClass = 0; byteClass < reached.length; byteClass++) {
      const targets = reached[byteClass];
      if (targets === undefined || this.#steps > this.#limits.maxSteps) continue;
      targets.before = factsAfter(this.#sampleOfClass[byteClass]!);
      // Neighbours mostly lead to the same places.
      const previous = reached[byteClass - 1];
      row[byteClass] =
        previous !== undefined && sameTargets(previous, targets)
          ? row[byteClass - 1]!
          : this.#target(targets);
    }
    return row;
  }

  #target({ list, between, before }: Targets): number {
    return between ? this.#stateBetweenCharacters(list, before) : this.#stateFor(list, 0, false);
  }

  /** Adds to each class of `kind`, or to all, where its bytes lead from `places`. */
  #advance(places: number[], reached: (Targets | undefined)[], kind?: number): void {
    for (const place of places) {
      const node = place % this.#nodeCount;
      const programCounter = (place - node) / this.#nodeCount;
      const steps = this.#stepsOfNode[node]!;
      for (let index = 0; index < steps.length; index += 3) {
        const lastClass = steps[index + 1]!;
        const nextNode = steps[index + 2]!;
        const between = nextNode === COMPLETE;
        const target = between ? this.#afterCharacter(programCounter) : place - node + nextNode;
        for (let byteClass = steps[index]!; byteClass <= lastClass; byteClass++) {
          if (kind !== undefined && kindOf(this.#sampleOfClass[byteClass]!) !== kind) continue;
          this.#steps++;
          const targets = reached[byteClass];
          if (targets === undefined) reached[byteClass] = { list: [target], between, before: 0 };
          else targets.list.push(target);
        }
      }
    }
  }

  #afterCharacter(programCounter: number): number {
    const instruction = this.#program.instructions[programCounter]!;
    if (instruction.kind !== 'character') throw new Error(`expected a character at ${programCounter}`);
    return instruction.next;
  }

  #matchesAtEnd(state: State): boolean {
    return this.#placesBefore(state, END_OF_TEXT).some((place) => {
      const programCounter = Math.floor(place / this.#nodeCount);
      return this.#program.instructions[programCounter]!.kind === 'match';
    });
  }

  /** The places of a state once the byte that follows is known: waiting assertions are decided. */
  #placesBefore(state: State, byte: number): number[] {
    if (!state.hasWaiting) return state.places;
    const programCounters = state.places.map((place) => Math.floor(place / this.#nodeCount));
    return this.#closure(programCounters, state.before | factsBefore(byte, state.before)).places;
  }

  #stateBetweenCharacters(programCounters: number[], before: number): number {
    const { places, hasWaiting } = this.#closure(programCounters, before);
    return this.#stateFor(places, hasWaiting ? before : 0, hasWaiting);
  }

  #stateFor(unordered: number[], before: number, hasWaiting: boolean): number {
    this.#steps += STEPS_PER_SET + unordered.length;
    const places =
      unordered.length === 1 ? unordered : [...new Set(unordered)].sort((left, right) => left - right);
    if (places.length === 0) return 0;
    const key = `${before};${places.join()}`;
    let state = this.#stateOfKey.get(key);
    if (state === undefined) {
      state = this.#states.push({ places, before, hasWaiting }) - 1;
      this.#stateOfKey.set(key, state);
    }
    return state;
  }

  /** All places that can be reached without a byte, given the facts. */
  #closure(programCounters: number[], facts: number): { places: number[]; hasWaiting: boolean } {
    const closureNumber = ++this.#closureNumber;
    const places: number[] = [];
    let hasWaiting = false;
    const pending = [...programCounters];
    while (pending.length > 0) {
      const programCounter = pending.pop()!;
      if (this.#visitedBy[programCounter] === closureNumber) continue;
      this.#visitedBy[programCounter] = closureNumber;
      this.#steps++;
      const instruction = this.#program.instructions[programCounter]!;
      switch (instruction.kind) {
        case 'fork':
          pending.push(instruction.next, instruction.other);
          break;
        case 'jump':
          pending.push(instruction.next);
          break;
        case 'assert': {
          const missing = instruction.facts & ~facts;
          if (missing === 0) pending.push(instruction.next);
          else if ((missing & FACTS_BEFORE) === 0) {
            hasWaiting = true;
            places.push(programCounter * this.#nodeCount + COMPLETE);
          }
          break;
        }
        case 'character':
          if (this.#roots[programCounter] !== 0) {
            places.push(programCounter * this.#nodeCount + this.#roots[programCounter]!);
          }
          break;
        case 'match':
          places.push(programCounter * this.#nodeCount + COMPLETE);
          break;
      }
    }
    return { places, hasWaiting };
  }
}

function sameTargets(left: Targets, right: Targets): boolean {
  return (
    left.before === right.before &&
    left.between === right.between &&
    left.list.length === right.list.length &&
    left.list.every((target, index) => target === right.list[index])
  );
}

function isWord(byte: number): boolean {
  return WORD_RANGES.some(([first, last]) => first <= byte && byte <= last);
}

/** Bytes of one kind decide an assertion alike. */
function kindOf(byte: number): number {
  return byte === NEWLINE ? NEWLINE : isWord(byte) ? 1 : 0;
}

/** What the last byte of a character says about the place after it. */
function factsAfter(byte: number): number {
  return (byte === NEWLINE ? Fact.beginLine : 0) | (isWord(byte) ? AFTER_WORD : 0);
}

/** What the next byte, or the end of the text, says about the place before it. */
function factsBefore(byte: number, before: number): number {
  const afterWord = (before & AFTER_WORD) !== 0;
  let facts = isWord(byte) === afterWord ? Fact.noWordBoundary : Fact.wordBoundary;
  if (byte === NEWLINE || byte === END_OF_TEXT) facts |= Fact.endLine;
  if (byte === END_OF_TEXT) facts |= Fact.endText;
  return facts;
}

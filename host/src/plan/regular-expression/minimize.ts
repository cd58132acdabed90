import type { Automaton } from './automaton.ts';

/**
 * The smallest automaton that accepts the same values: states that no continuation tells apart become one, and so
 * do bytes that no state tells apart. States are numbered in the order in which a walk from the start meets them,
 * so that equal expressions give equal tables.
 *
 * Source: Hopcroft, "An n log n algorithm for minimizing states in a finite automaton", 1971.
 */
export function minimize(automaton: Automaton): Automaton {
  return mergeClasses(mergeStates(mergeClasses(automaton)));
}

function mergeStates(automaton: Automaton): Automaton {
  const { stateCount, classCount, next, accepting } = automaton;
  const sources = sourcesByClass(automaton);
  const partition = new Partition(stateCount);

  // First cut: accepting or not. Splitting by the smaller of two halves is enough, which bounds the work.
  for (let state = 0; state < stateCount; state++) if (accepting[state]) partition.mark(state);
  partition.splitMarked();
  const waiting = partition.smallerOfFirstCut();
  const isWaiting = new Set(waiting);

  while (waiting.length > 0) {
    const splitter = waiting.pop()!;
    isWaiting.delete(splitter);
    const targets = partition.members(splitter);
    for (let byteClass = 0; byteClass < classCount; byteClass++) {
      const { offsets, states } = sources[byteClass]!;
      for (const target of targets) {
        for (let index = offsets[target]!; index < offsets[target + 1]!; index++) {
          partition.mark(states[index]!);
        }
      }
      for (const [block, created] of partition.splitMarked()) {
        const smaller = partition.size(block) < partition.size(created) ? block : created;
        const added = isWaiting.has(block) ? created : smaller;
        waiting.push(added);
        isWaiting.add(added);
      }
    }
  }

  const blockOf = partition.blockOf;
  const numberOfBlock = new Map<number, number>([[blockOf[0]!, 0]]);
  const representatives = [0];
  const numberOf = (state: number) => {
    const block = blockOf[state]!;
    let number = numberOfBlock.get(block);
    if (number === undefined) {
      number = representatives.push(state) - 1;
      numberOfBlock.set(block, number);
    }
    return number;
  };
  const start = numberOf(automaton.start);
  const merged: number[] = [];
  for (const state of representatives) {
    for (let byteClass = 0; byteClass < classCount; byteClass++) {
      merged.push(numberOf(next[state * classCount + byteClass]!));
    }
  }
  return {
    ...automaton,
    stateCount: representatives.length,
    start,
    accepting: Uint8Array.from(representatives, (state) => accepting[state]!),
    next: Uint32Array.from(merged),
  };
}

/** For each class the states that lead to each state: those to `s` are `states[offsets[s]]` … `offsets[s + 1]`. */
function sourcesByClass({ stateCount, classCount, next }: Automaton): {
  offsets: Uint32Array;
  states: Uint32Array;
}[] {
  return Array.from({ length: classCount }, (_, byteClass) => {
    const offsets = new Uint32Array(stateCount + 1);
    const states = new Uint32Array(stateCount);
    for (let state = 0; state < stateCount; state++) {
      const target = next[state * classCount + byteClass]!;
      offsets[target] = offsets[target]! + 1;
    }
    for (let state = 1; state <= stateCount; state++) offsets[state] = offsets[state]! + offsets[state - 1]!;
    for (let state = stateCount - 1; state >= 0; state--) {
      const target = next[state * classCount + byteClass]!;
      offsets[target] = offsets[target]! - 1;
      states[offsets[target]!] = state;
    }
    return { offsets, states };
  });
}

/** Disjoint blocks of states, kept as stretches of one array; marking moves a state to the front of its block. */
class Partition {
  readonly blockOf: Uint32Array;
  readonly #states: Uint32Array;
  readonly #position: Uint32Array;
  readonly #first: number[] = [0];
  readonly #end: number[];
  readonly #marked: number[] = [0];
  #touched: number[] = [];

  constructor(stateCount: number) {
    this.blockOf = new Uint32Array(stateCount);
    this.#states = Uint32Array.from({ length: stateCount }, (_, state) => state);
    this.#position = this.#states.slice();
    this.#end = [stateCount];
  }

  size(block: number): number {
    return this.#end[block]! - this.#first[block]!;
  }

  members(block: number): Uint32Array {
    return this.#states.slice(this.#first[block], this.#end[block]);
  }

  mark(state: number): void {
    const block = this.blockOf[state]!;
    const to = this.#first[block]! + this.#marked[block]!;
    const from = this.#position[state]!;
    if (from < to) return;
    if (this.#marked[block] === 0) this.#touched.push(block);
    const displaced = this.#states[to]!;
    this.#states[from] = displaced;
    this.#position[displaced] = from;
    this.#states[to] = state;
    this.#position[state] = to;
    this.#marked[block] = this.#marked[block]! + 1;
  }

  /** Cuts each block that is marked in part; returns the pairs of old and new block. */
  splitMarked(): [block: number, created: number][] {
    const cuts: [number, number][] = [];
    for (const block of this.#touched) {
      const marked = this.#marked[block]!;
      this.#marked[block] = 0;
      if (marked === this.size(block)) continue;
      const first = this.#first[block]!;
      const created = this.#first.push(first) - 1;
      this.#end.push(first + marked);
      this.#marked.push(0);
      this.#first[block] = first + marked;
      for (let index = first; index < first + marked; index++) this.blockOf[this.#states[index]!] = created;
      cuts.push([block, created]);
    }
    this.#touched = [];
    return cuts;
  }

  smallerOfFirstCut(): number[] {
    if (this.#first.length === 1) return [0];
    return [this.size(0) < this.size(1) ? 0 : 1];
  }
}

/** Gives bytes with the same column one class, in the order of the first byte of each. */
function mergeClasses(automaton: Automaton): Automaton {
  const { stateCount, classCount, next } = automaton;
  const hashes = new Uint32Array(classCount);
  for (let state = 0; state < stateCount; state++) {
    for (let byteClass = 0; byteClass < classCount; byteClass++) {
      hashes[byteClass] = Math.imul(hashes[byteClass]! ^ next[state * classCount + byteClass]!, 0x01000193);
    }
  }
  const sameColumn = (left: number, right: number) => {
    for (let row = 0; row < next.length; row += classCount) {
      if (next[row + left] !== next[row + right]) return false;
    }
    return true;
  };

  const kept: number[] = [];
  const mergedClass = new Uint8Array(classCount);
  for (let byteClass = 0; byteClass < classCount; byteClass++) {
    const index = kept.findIndex(
      (earlier) => hashes[earlier] === hashes[byteClass] && sameColumn(earlier, byteClass),
    );
    mergedClass[byteClass] = index >= 0 ? index : kept.push(byteClass) - 1;
  }

  const merged = new Uint32Array(stateCount * kept.length);
  for (let state = 0; state < stateCount; state++) {
    kept.forEach((byteClass, index) => {
      merged[state * kept.length + index] = next[state * classCount + byteClass]!;
    });
  }
  return {
    ...automaton,
    classCount: kept.length,
    classOfByte: automaton.classOfByte.map((byteClass) => mergedClass[byteClass]!),
    next: merged,
  };
}

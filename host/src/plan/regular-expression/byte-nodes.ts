import { type ByteRange, utf8Sequences } from './utf8-ranges.ts';

/** Where a character ends: the node after its last byte. */
export const COMPLETE = 0;

/** One way on from a node: `next` after any byte from `first` to `last`. */
export interface ByteStep {
  first: number;
  last: number;
  next: number;
}

/**
 * Small automata over the bytes of one character, one for each character class of a program, with equal nodes
 * shared. `\pL` has 600 ranges but only some 150 nodes, however often it stands in the expression.
 */
export class ByteNodes {
  /** The ways on from each node; `COMPLETE` has none. */
  readonly steps: ByteStep[][] = [[]];
  readonly #nodeOfSteps = new Map<string, number>();
  readonly #rootOfRanges = new Map<ArrayLike<number>, number>();

  /** The node before a character of the class; undefined when the class is empty. */
  rootOf(ranges: ArrayLike<number>): number | undefined {
    if (ranges.length === 0) return undefined;
    let root = this.#rootOfRanges.get(ranges);
    if (root === undefined) {
      const sequences: (readonly ByteRange[])[] = [];
      for (let index = 0; index < ranges.length; index += 2) {
        sequences.push(...utf8Sequences(ranges[index]!, ranges[index + 1]!));
      }
      root = this.#nodeFor(sequences, 0);
      this.#rootOfRanges.set(ranges, root);
    }
    return root;
  }

  /** The node that all `sequences` have reached after `depth` bytes; all or none of them end there. */
  #nodeFor(sequences: (readonly ByteRange[])[], depth: number): number {
    if (sequences[0]!.length === depth) return COMPLETE;
    const steps: ByteStep[] = [];
    for (let from = 0; from < sequences.length; ) {
      const [first, last] = sequences[from]![depth]!;
      let to = from + 1;
      while (to < sequences.length && sequences[to]![depth]![0] === first) to++;
      steps.push({ first, last, next: this.#nodeFor(sequences.slice(from, to), depth + 1) });
      from = to;
    }
    return this.#intern(steps);
  }

  #intern(steps: ByteStep[]): number {
    const key = steps.map(({ first, last, next }) => `${first}-${last}:${next}`).join();
    let node = this.#nodeOfSteps.get(key);
    if (node === undefined) {
      node = this.steps.push(steps) - 1;
      this.#nodeOfSteps.set(key, node);
    }
    return node;
  }
}

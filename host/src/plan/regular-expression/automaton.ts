/** A deterministic automaton over classes of bytes. State 0 is dead: every way leads back to it, and it refuses. */
export interface Automaton {
  stateCount: number;
  classCount: number;
  start: number;
  /** The class of each of the 256 bytes. */
  classOfByte: Uint8Array;
  /** 1 where the state accepts at the end of the text. */
  accepting: Uint8Array;
  /** `next[state * classCount + class]`. */
  next: Uint16Array | Uint32Array;
}

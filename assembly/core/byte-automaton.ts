/**
 * A regular expression compiled by the host to a byte automaton (format: host/src/plan/plugin-configuration.ts,
 * `CompiledPattern`). One table read a byte: linear in the value, whatever the expression.
 */
const CLASSES: usize = 12;
const ACCEPTING: usize = 268;

export class ByteAutomaton {
  private readonly classCount: u32;
  private readonly startState: u32;
  private readonly accepting: usize;
  private readonly transitions: usize;

  /** `table` must have passed `validateAutomaton`. */
  constructor(private readonly table: StaticArray<u8>) {
    const base = changetype<usize>(table);
    const stateCount = <u32>load<u16>(base, 4);
    this.classCount = <u32>load<u16>(base, 6);
    this.startState = <u32>load<u16>(base, 8);
    this.accepting = base + ACCEPTING;
    this.transitions = base + ACCEPTING + stateCount + (stateCount & 1);
  }

  /** Whether the whole value matches. */
  matches(pointer: usize, length: i32): bool {
    const classes = changetype<usize>(this.table) + CLASSES;
    let state = this.startState;
    for (let offset = 0; offset < length; offset++) {
      const byteClass = <u32>load<u8>(classes + load<u8>(pointer + offset));
      state = <u32>load<u16>(this.transitions + ((state * this.classCount + byteClass) << 1));
      if (state == 0) return false;
    }
    return load<u8>(this.accepting + state) != 0;
  }
}

/** Whether a table is complete and none of its states or classes leads outside it. */
export function validateAutomaton(table: StaticArray<u8>): bool {
  if (table.length < <i32>ACCEPTING) return false;
  const base = changetype<usize>(table);
  if (load<u32>(base) != 0x31464453) return false; // "SDF1"
  const stateCount = <i32>load<u16>(base, 4);
  const classCount = <i32>load<u16>(base, 6);
  const startState = <i32>load<u16>(base, 8);
  if (stateCount == 0 || classCount == 0 || classCount > 256 || startState >= stateCount) return false;
  const transitionsOffset = <i32>ACCEPTING + stateCount + (stateCount & 1);
  if (table.length != transitionsOffset + stateCount * classCount * 2) return false;
  for (let byte: usize = 0; byte < 256; byte++) {
    if (<i32>load<u8>(base + CLASSES + byte) >= classCount) return false;
  }
  for (let offset = transitionsOffset; offset < table.length; offset += 2) {
    if (<i32>load<u16>(base + offset) >= stateCount) return false;
  }
  return true;
}

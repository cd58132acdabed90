import type { Automaton } from './automaton.ts';

/** `SDF1`, little-endian. */
const MAGIC = 0x31464453;
const CLASSES_OFFSET = 12;
const ACCEPTING_OFFSET = CLASSES_OFFSET + 256;

/** The size of an automaton as a table. */
export function tableBytes({ stateCount, classCount }: Automaton): number {
  return nextOffset(stateCount) + stateCount * classCount * 2;
}

/** The automaton in the format documented at `CompiledPattern.table`. */
export function encodeTable(automaton: Automaton): Uint8Array {
  const { stateCount, classCount, start, classOfByte, accepting, next } = automaton;
  const table = new Uint8Array(tableBytes(automaton));
  const view = new DataView(table.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, stateCount, true);
  view.setUint16(6, classCount, true);
  view.setUint16(8, start, true);
  table.set(classOfByte, CLASSES_OFFSET);
  table.set(accepting, ACCEPTING_OFFSET);
  next.forEach((state, index) => {
    view.setUint16(nextOffset(stateCount) + index * 2, state, true);
  });
  return table;
}

/** Whether the whole value matches: one look-up a byte, as the module does it. */
export function matchesTable(table: Uint8Array, value: Uint8Array): boolean {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Error('expected a table that starts with "SDF1"');
  const stateCount = view.getUint16(4, true);
  const classCount = view.getUint16(6, true);
  const rows = nextOffset(stateCount);

  let state = view.getUint16(8, true);
  for (const byte of value) {
    if (state === 0) return false;
    state = view.getUint16(rows + (state * classCount + table[CLASSES_OFFSET + byte]!) * 2, true);
  }
  return table[ACCEPTING_OFFSET + state] === 1;
}

/** The rows start at an even offset. */
function nextOffset(stateCount: number): number {
  return ACCEPTING_OFFSET + stateCount + (stateCount % 2);
}

/**
 * What the end of a call has to know of its beginning: 16,384 entries of 64 bytes, found by context id and freed when
 * the stream is done. They are there once a configuration needs them. A call that finds its eight places taken, in a
 * worker with more than 16,000 calls in flight, goes unnoticed; none displaces another, so hanging calls are counted
 * whatever comes after them.
 */
const ENTRIES: u32 = 16384;
const PLACES: u32 = 8;
const ENTRY_BYTES: usize = 64;
const ENTRY_HEADER: usize = 8;
/** A page of linear memory is 64 KiB. */
const PAGE_BITS: usize = 16;
let entries: usize = 0;

/** Where a note has the time at which its call began, u64; 0 when nobody asks for it. */
export const BEGAN: usize = 24;

/** From on_configure. */
export function createCallNotes(): void {
  if (entries != 0) return;
  // Pages of their own are zeros that nobody has written: an idle VM holds none of this mebibyte.
  const page = memory.grow(<i32>((<usize>ENTRIES * ENTRY_BYTES) >> PAGE_BITS));
  if (page < 0) unreachable();
  entries = <usize>page << PAGE_BITS;
}

/** An entry for the stream: 56 bytes at the returned address are the caller's; 0 when there is no room. */
export function openCallNote(context: u32): usize {
  if (entries == 0) return 0;
  for (let place: u32 = 0; place < PLACES; place++) {
    const entry = entryAt(context + place);
    const owner = load<u32>(entry);
    if (owner != 0 && owner != context) continue;
    store<u32>(entry, context);
    return entry + ENTRY_HEADER;
  }
  return 0;
}

/** The stream's entry; 0 when it has none. */
export function findCallNote(context: u32): usize {
  if (entries == 0) return 0;
  for (let place: u32 = 0; place < PLACES; place++) {
    const entry = entryAt(context + place);
    if (load<u32>(entry) == context) return entry + ENTRY_HEADER;
  }
  return 0;
}

/** A call that was held begins when it is let go: what it waited is not the upstream's doing. */
export function restartCallClock(context: u32, nowNanos: u64): void {
  const note = findCallNote(context);
  if (note != 0 && load<u64>(note, BEGAN) != 0) store<u64>(note, nowNanos, BEGAN);
}

export function closeCallNote(note: usize): void {
  store<u32>(note - ENTRY_HEADER, 0);
}

@inline
function entryAt(place: u32): usize {
  return entries + <usize>(place % ENTRIES) * ENTRY_BYTES;
}

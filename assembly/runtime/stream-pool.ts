/**
 * What the response phase has to know of the request, in fixed memory: 4,096 entries of 32 bytes, one a stream,
 * found by context id. A worker with more than 4,096 requests in flight overwrites the oldest notes, whose responses
 * then go without them: notes decorate, they never decide.
 */
const ENTRIES: u32 = 4096;
const ENTRY_BYTES: usize = 32;
const entries: usize = memory.data(4096 * 32, 16);

/** A fresh entry for the stream: 24 bytes at the returned address are the caller's. */
export function openNote(context: u32): usize {
  const entry = entryOf(context);
  store<u32>(entry, context);
  return entry + 8;
}

/** The stream's entry, closed by this call; 0 when it has none. */
export function takeNote(context: u32): usize {
  const entry = entryOf(context);
  if (load<u32>(entry) != context) return 0;
  store<u32>(entry, 0);
  return entry + 8;
}

@inline
function entryOf(context: u32): usize {
  return entries + <usize>(context % ENTRIES) * ENTRY_BYTES;
}

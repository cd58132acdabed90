import { proxy_set_effective_context, RESULT_OK } from '../../runtime/abi';

/**
 * What later phases of a stream have to know of its request, which is gone by then: 1 KiB a stream, found by context
 * id. Memory comes in blocks of 256 notes, as many as there are requests that await their responses, at most 16,384 a
 * worker; beyond that the oldest note is lost, and that response goes unedited. A note is closed with its response;
 * that of a stream that ended without one is found to be dead when room is needed.
 */
const NOTE_BYTES: usize = 1024;
const NOTES_PER_BLOCK: i32 = 256;
const MOST_BLOCKS: i32 = 64;
/** How many of the oldest are looked at before more memory is taken. */
const MOST_LOOKS: i32 = 4;

// A note: context, generation, next in its chain, older, newer (u32 each), used (u16), rules, facts (u8), status (u16).
const GENERATION: usize = 4;
const NEXT: usize = 8;
const OLDER: usize = 12;
const NEWER: usize = 16;
const USED: usize = 20;
const RULES: usize = 22;
const FACTS: usize = 23;
const STATUS: usize = 24;
const BODY: usize = 32;
const BODY_BYTES: i32 = <i32>(NOTE_BYTES - BODY);

const CHAINS: u32 = 4096;
const chains: usize = memory.data(4096 * 4, 8);
let firstFree: usize = 0;
let oldest: usize = 0;
let newest: usize = 0;
let blocks: i32 = 0;

/** A fresh note for the stream at hand, whose context is the effective one. */
export function openNote(context: u32, generation: u32): usize {
  const former = findNote(context);
  if (former != 0) closeNote(former);
  if (firstFree == 0) makeRoom(context);
  const note = firstFree;
  firstFree = load<usize>(note, NEXT);
  const chain = chainOf(context);
  store<u32>(note, context);
  store<u32>(note, generation, GENERATION);
  store<usize>(note, load<usize>(chain), NEXT);
  store<usize>(chain, note);
  store<u32>(note, 0, USED);
  store<u16>(note, 0, STATUS);
  linkNewest(note);
  return note;
}

/** The stream's note, or 0. */
export function findNote(context: u32): usize {
  let note = load<usize>(chainOf(context));
  while (note != 0 && load<u32>(note) != context) note = load<usize>(note, NEXT);
  return note;
}

export function closeNote(note: usize): void {
  const chain = chainOf(load<u32>(note));
  let at = load<usize>(chain);
  if (at == note) store<usize>(chain, load<usize>(note, NEXT));
  else {
    while (load<usize>(at, NEXT) != note) at = load<usize>(at, NEXT);
    store<usize>(at, load<usize>(note, NEXT), NEXT);
  }
  unlink(note);
  store<usize>(note, firstFree, NEXT);
  firstFree = note;
}

export function noteGeneration(note: usize): u32 {
  return load<u32>(note, GENERATION);
}

/** The status of the response, for edits of its trailers. */
export function noteStatus(note: usize, status: u32): void {
  store<u16>(note, <u16>status, STATUS);
}

export function notedStatus(note: usize): u32 {
  return load<u16>(note, STATUS);
}

// Rules come first: position (u32) and one bit an edit (u64) --------------------------------------------------------

/** Bytes of a rule in a note. */
const RULE_BYTES: usize = 12;
/** Rules with edits in later phases, for one request. */
const MOST_RULES: i32 = 16;

/** False when there is no room; before the first fact. */
export function noteRule(note: usize, position: i32, edits: u64): bool {
  const count = <i32>load<u8>(note, RULES);
  if (count == MOST_RULES) return false;
  const rule = ruleAt(note, count);
  store<i32>(rule, position);
  store<u64>(rule, edits, 4);
  store<u8>(note, <u8>(count + 1), RULES);
  store<u16>(note, <u16>((count + 1) * <i32>RULE_BYTES), USED);
  return true;
}

export function notedRules(note: usize): i32 {
  return load<u8>(note, RULES);
}

export function notedRule(note: usize, index: i32): i32 {
  return load<i32>(ruleAt(note, index));
}

export function notedEdits(note: usize, index: i32): u64 {
  return load<u64>(ruleAt(note, index), 4);
}

export function narrowEdits(note: usize, index: i32, edits: u64): void {
  store<u64>(ruleAt(note, index), edits, 4);
}

@inline
function ruleAt(note: usize, index: i32): usize {
  return note + BODY + <usize>index * RULE_BYTES;
}

// Facts follow: number, length (u16 each), bytes ----------------------------------------------------------------------

export let notedValue: usize = 0;
export let notedLength: i32 = 0;

/** A fact that does not fit counts as missing: half a value is worse than none. */
export function noteFact(note: usize, number: i32, pointer: usize, length: i32): void {
  const used = <i32>load<u16>(note, USED);
  const count = load<u8>(note, FACTS);
  if (length > BODY_BYTES - used - 4 || count == 255) return;
  const entry = note + BODY + used;
  store<u16>(entry, <u16>number);
  store<u16>(entry, <u16>length, 2);
  memory.copy(entry + 4, pointer, length);
  store<u16>(note, <u16>(used + 4 + length), USED);
  store<u8>(note, count + 1, FACTS);
}

/** Leaves the fact of this number in `notedValue` and `notedLength`; false when it was not noted. */
export function findNotedFact(note: usize, number: i32): bool {
  let entry = ruleAt(note, notedRules(note));
  for (let index = <i32>load<u8>(note, FACTS); index > 0; index--) {
    notedLength = load<u16>(entry, 2);
    notedValue = entry + 4;
    if (<i32>load<u16>(entry) == number) return true;
    entry = notedValue + notedLength;
  }
  return false;
}

// Room ---------------------------------------------------------------------------------------------------------------

/** Leaves at least one free note. */
function makeRoom(context: u32): void {
  for (let look = 0; look < MOST_LOOKS && oldest != 0; look++) {
    const note = oldest;
    if (proxy_set_effective_context(load<u32>(note)) != RESULT_OK) {
      closeNote(note);
      break;
    }
    unlink(note);
    linkNewest(note);
  }
  if (oldest != 0) proxy_set_effective_context(context);
  if (firstFree != 0) return;
  if (blocks == MOST_BLOCKS) return closeNote(oldest);
  blocks++;
  const block = heap.alloc(NOTE_BYTES * NOTES_PER_BLOCK);
  for (let index = NOTES_PER_BLOCK - 1; index >= 0; index--) {
    const note = block + <usize>index * NOTE_BYTES;
    store<usize>(note, firstFree, NEXT);
    firstFree = note;
  }
}

/** Whether a response may still be edited by this generation; closes its notes whose streams are gone. */
export function generationIsNoted(generation: u32): bool {
  let isNoted = false;
  let note = oldest;
  while (note != 0) {
    const newer = load<usize>(note, NEWER);
    if (load<u32>(note, GENERATION) == generation) {
      if (proxy_set_effective_context(load<u32>(note)) == RESULT_OK) isNoted = true;
      else closeNote(note);
    }
    note = newer;
  }
  return isNoted;
}

function linkNewest(note: usize): void {
  store<usize>(note, newest, OLDER);
  store<usize>(note, 0, NEWER);
  if (newest != 0) store<usize>(newest, note, NEWER);
  else oldest = note;
  newest = note;
}

function unlink(note: usize): void {
  const older = load<usize>(note, OLDER);
  const newer = load<usize>(note, NEWER);
  if (older != 0) store<usize>(older, newer, NEWER);
  else oldest = newer;
  if (newer != 0) store<usize>(newer, older, OLDER);
  else newest = older;
}

@inline
function chainOf(context: u32): usize {
  return chains + (<usize>(context % CHAINS) << 2);
}

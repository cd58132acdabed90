/**
 * A 64-bit hash of byte strings, eight bytes a step (a folded multiplication, as in wyhash), finished with the mix of SplitMix64 (Steele, Lea, Flood 2014).
 * Not cryptographic: where clients choose the input, the seed must be secret (runtime/ledger.ts keeps one), so that
 * nobody can aim keys at one page of a table.
 */

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

export function hashBytes(seed: u64, pointer: usize, length: i32): u64 {
  let hash = (seed ^ <u64>length) * MULTIPLIER;
  let offset = 0;
  for (; offset + 8 <= length; offset += 8) hash = step(hash, load<u64>(pointer + offset));
  let rest: u64 = 0;
  for (let shift: u64 = 0; offset < length; offset++, shift += 8) rest |= (<u64>load<u8>(pointer + offset)) << shift;
  return finish(step(hash, rest));
}

/** As `hashBytes` of the value with its ASCII letters in lower case. */
export function hashLowerCaseBytes(seed: u64, pointer: usize, length: i32): u64 {
  let hash = (seed ^ <u64>length) * MULTIPLIER;
  let offset = 0;
  for (; offset + 8 <= length; offset += 8) hash = step(hash, lowerCaseWord(load<u64>(pointer + offset)));
  let rest: u64 = 0;
  for (let shift: u64 = 0; offset < length; offset++, shift += 8) rest |= (<u64>load<u8>(pointer + offset)) << shift;
  return finish(step(hash, lowerCaseWord(rest)));
}

/** Both halves of a 128-bit product, folded: no bit of the word has a place where its effect is known. */
@inline
function step(hash: u64, word: u64): u64 {
  const value = hash ^ word;
  const low = value & 0xffffffff;
  const high = value >> 32;
  const lowLow = low * (MULTIPLIER & 0xffffffff);
  const lowHigh = low * (MULTIPLIER >> 32);
  const highLow = high * (MULTIPLIER & 0xffffffff);
  const middle = (lowLow >> 32) + (lowHigh & 0xffffffff) + highLow;
  const upper = high * (MULTIPLIER >> 32) + (lowHigh >> 32) + (middle >> 32);
  return (value * MULTIPLIER) ^ upper;
}

@inline
function finish(hash: u64): u64 {
  let mixed = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

/** Lower-cases the ASCII letters of eight bytes at once: bit 5 is set in every byte from `A` to `Z`. */
@inline
function lowerCaseWord(word: u64): u64 {
  const low = word & 0x7f7f7f7f7f7f7f7f;
  const fromA = low + 0x3f3f3f3f3f3f3f3f; // high bit: byte >= 'A'
  const pastZ = low + 0x2525252525252525; // high bit: byte > 'Z'
  const isUpper = fromA & ~pastZ & ~word & 0x8080808080808080;
  return word | (isUpper >> 2);
}

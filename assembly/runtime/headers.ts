import { HEADER_MAP_REQUEST, proxy_get_header_map_pairs, RESULT_OK } from './abi';
import { equalBytes } from '../core/bytes';
import { resultPointer, resultSize } from './memory';

/**
 * The headers of one request: fetched with one host call, read in place as bytes, nothing copied or decoded.
 * Host format: u32 count, count × (u32 name size, u32 value size), then name NUL value NUL, in order of arrival;
 * names are lower case.
 */
let pairs: usize = 0;
let pairsBytes: i32 = 0;
let count: u32 = 0;

/** The value the last successful find left: where and how long. */
export let foundValue: usize = 0;
export let foundLength: i32 = 0;

export function loadRequestHeaders(): bool {
  count = 0;
  pairsBytes = 0;
  if (proxy_get_header_map_pairs(HEADER_MAP_REQUEST, resultPointer, resultSize) != RESULT_OK) return false;
  pairs = load<usize>(resultPointer);
  pairsBytes = load<i32>(resultSize);
  if (pairsBytes >= 4) count = load<u32>(pairs);
  return true;
}

/** The request's headers as the host gave them. */
export function headerPairs(): usize {
  return pairs;
}

export function headerPairsBytes(): i32 {
  return pairsBytes;
}

/** Finds the first header of this name, and tells where; false when there is none. */
export function findHeader(name: usize, nameLength: i32): bool {
  return findHeaderFrom(name, nameLength, 0) >= 0;
}

/**
 * As `findHeader`, with the values of several headers of one name joined by `,`, as Envoy's matchers see them; a
 * joined value is there until the next one. */
export function findJoinedHeader(name: usize, nameLength: i32): bool {
  const first = findHeaderFrom(name, nameLength, 0);
  if (first < 0) return false;
  const value = foundValue;
  const length = foundLength;
  const second = findHeaderFrom(name, nameLength, first + 1);
  if (second < 0) return true; // what was found still is the first
  let total = length;
  for (let index = second; index >= 0; index = findHeaderFrom(name, nameLength, index + 1)) total += 1 + foundLength;
  const joined = joinRoom(total);
  memory.copy(joined, value, length);
  let end = length;
  for (let index = findHeaderFrom(name, nameLength, second); index >= 0; index = findHeaderFrom(name, nameLength, index + 1)) {
    store<u8>(joined + end, 44 /* , */);
    memory.copy(joined + end + 1, foundValue, foundLength);
    end += 1 + foundLength;
  }
  foundValue = joined;
  foundLength = total;
  return true;
}

/** Room for one joined value at a time, kept and grown as needed: Envoy bounds the headers of a request. */
let room: usize = 0;
let roomBytes: i32 = 0;

function joinRoom(bytes: i32): usize {
  if (bytes > roomBytes) {
    if (room != 0) heap.free(room);
    roomBytes = (bytes + 4095) & ~4095;
    room = heap.alloc(roomBytes);
  }
  return room;
}

/** Finds a header of this name at or after position `from`; returns its position, or −1 and leaves the found value. */
export function findHeaderFrom(name: usize, nameLength: i32, from: i32): i32 {
  let data = pairs + 4 + (<usize>count << 3);
  for (let index: u32 = 0; index < count; index++) {
    const nameSize = load<i32>(pairs + 4 + (<usize>index << 3));
    const valueSize = load<i32>(pairs + 8 + (<usize>index << 3));
    if (nameSize == nameLength && <i32>index >= from && equalBytes(data, name, nameLength)) {
      foundValue = data + nameSize + 1;
      foundLength = valueSize;
      return index;
    }
    data += nameSize + valueSize + 2;
  }
  return -1;
}

import { copyClean } from '../../core/clean-text';

/**
 * The values that the edits of one message make: 64 KiB in all, kept until the message is written. A value that does
 * not fit is none: half a value is worse than no value.
 */
const ROOM: i32 = 64 * 1024;
const room: usize = memory.data(64 * 1024, 8);
let used: i32 = 0;
let start: i32 = 0;
let hasFit: bool = true;

export function clearValues(): void {
  used = 0;
}

export function beginValue(): void {
  start = used;
  hasFit = true;
}

/** Puts text behind what the value has, without control characters. */
export function appendText(pointer: usize, length: i32): void {
  if (length > ROOM - used) hasFit = false;
  else used += copyClean(room + used, pointer, length);
}

/** Puts text that is known to be clean behind what the value has. */
export function appendCleanText(pointer: usize, length: i32): void {
  if (length > ROOM - used) {
    hasFit = false;
    return;
  }
  memory.copy(room + used, pointer, length);
  used += length;
}

export function appendComma(): void {
  if (used == ROOM) hasFit = false;
  else store<u8>(room + used++, 44 /* , */);
}

export function valuePointer(): usize {
  return room + start;
}

export function valueLength(): i32 {
  return used - start;
}

/** Cuts the value to `length` bytes. */
export function cutValue(length: i32): void {
  used = start + min(length, used - start);
}

/** False: the value is not whole, and is not to be used. */
export function valueHasFit(): bool {
  return hasFit;
}

/** The value is handed over (or not used), so its room is free. */
export function dropValue(): void {
  used = start;
}

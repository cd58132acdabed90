import {
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  RESULT_OK,
} from './abi';
import { HeaderList, HeaderWriter } from '../core/header-list';
import { resultPointer, resultSize } from './memory';

/**
 * One message whose headers are edited: read once, then written with one call a changed name (0.25 µs each; writing
 * all pairs back costs 2 µs). Edits that need to know nothing of what is there go to the host at once, and the read
 * (0.9 µs) is saved: a *direct* message.
 */
class HostWriter extends HeaderWriter {
  replace(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    proxy_replace_header_map_value(map, name, nameLength, value, valueLength);
  }

  add(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    proxy_add_header_map_value(map, name, nameLength, value, valueLength);
  }

  remove(name: usize, nameLength: i32): void {
    proxy_remove_header_map_value(map, name, nameLength);
  }
}

const writer = new HostWriter();
let map: i32 = 0;
let isDirect: bool = false;

/** The headers as the edits so far have left them; not for a direct message. */
export const headerList = new HeaderList();

/** Begins to edit without a look at what is there. */
export function beginDirectMessage(headerMap: i32): void {
  map = headerMap;
  isDirect = true;
}

/** Begins to edit a message whose pairs the caller has. */
export function beginMessage(headerMap: i32, pairs: usize, size: i32): void {
  map = headerMap;
  isDirect = false;
  headerList.load(pairs, size);
}

/** Begins to edit a message that is read now. */
export function readMessage(headerMap: i32): void {
  const isRead = proxy_get_header_map_pairs(headerMap, resultPointer, resultSize) == RESULT_OK;
  beginMessage(headerMap, load<usize>(resultPointer), isRead ? load<i32>(resultSize) : 0);
}

export function setHeader(name: StaticArray<u8>, value: usize, length: i32): void {
  if (isDirect) writer.replace(changetype<usize>(name), name.length, value, length);
  else headerList.set(changetype<usize>(name), name.length, value, length);
}

export function addHeader(name: StaticArray<u8>, value: usize, length: i32): void {
  if (isDirect) writer.add(changetype<usize>(name), name.length, value, length);
  else headerList.add(changetype<usize>(name), name.length, value, length);
}

export function removeHeader(name: StaticArray<u8>): void {
  if (isDirect) writer.remove(changetype<usize>(name), name.length);
  else headerList.remove(changetype<usize>(name), name.length);
}

/** Hands the changes to the host. */
export function endMessage(): void {
  if (!isDirect) headerList.write(writer);
}

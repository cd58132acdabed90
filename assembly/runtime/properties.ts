import { proxy_get_property, RESULT_OK } from './abi';
import { bytesOf } from '../core/bytes';
import { resultPointer, resultSize } from './memory';

/** Envoy attributes, 0.4–0.8 µs each: read only by rules that ask for them, and once a request. */
export const ROUTE_NAME = bytesOf('xds\0route_name');
export const VIRTUAL_HOST_NAME = bytesOf('xds\0virtual_host_name');
export const CONNECTION_ID = bytesOf('connection\0id');
export const REQUEST_PROTOCOL = bytesOf('request\0protocol');
export const RESPONSE_CODE = bytesOf('response\0code');
export const RESPONSE_CODE_DETAILS = bytesOf('response\0code_details');
export const RESPONSE_FLAGS = bytesOf('response\0flags');
export const SOURCE_ADDRESS = bytesOf('source\0address');

export let propertyValue: usize = 0;
export let propertyLength: i32 = 0;

/** Reads an attribute by its NUL-separated path; false when Envoy has none. */
export function readProperty(path: StaticArray<u8>): bool {
  if (proxy_get_property(changetype<usize>(path), path.length, resultPointer, resultSize) != RESULT_OK) return false;
  propertyValue = load<usize>(resultPointer);
  propertyLength = load<i32>(resultSize);
  return true;
}

/** Reads an attribute that is a number, 8 bytes; `otherwise` when Envoy has none. */
export function readNumberProperty(path: StaticArray<u8>, otherwise: u64): u64 {
  return readProperty(path) && propertyLength == 8 ? load<u64>(propertyValue) : otherwise;
}

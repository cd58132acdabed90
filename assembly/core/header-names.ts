import { bytesOf, equalBytes } from './bytes';

/** Headers about the message itself or its connection: only the proxy can set them truthfully (RFC 9110 §7.6.1, §8.6). */
const CONNECTION_HEADERS: StaticArray<u8>[] = [
  bytesOf('connection'),
  bytesOf('content-length'),
  bytesOf('host'),
  bytesOf('keep-alive'),
  bytesOf('proxy-connection'),
  bytesOf('te'),
  bytesOf('trailer'),
  bytesOf('transfer-encoding'),
  bytesOf('upgrade'),
];

/** Whether no policy may touch the header: a pseudo-header, or one about the connection or the message itself. */
export function isProtectedHeader(name: usize, length: i32): bool {
  if (length == 0 || load<u8>(name) == 58 /* : */) return true;
  for (let index = 0; index < CONNECTION_HEADERS.length; index++) {
    const known = unchecked(CONNECTION_HEADERS[index]);
    if (known.length == length && equalBytes(name, changetype<usize>(known), length)) return true;
  }
  return false;
}

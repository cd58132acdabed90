import { crc32 } from 'node:zlib';

const MOST_IN_A_BLOCK = 0xffff;

/**
 * Content in gzip's form, not compressed: what zlib makes of the same bytes differs between its versions and between
 * processors, and with it would the digest. No time, no file name, and the system is `unknown`.
 */
export function storedGzip(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  let at = 0;
  do {
    const block = content.subarray(at, at + MOST_IN_A_BLOCK);
    at += block.length;
    const head = Buffer.alloc(5);
    head.writeUInt8(at === content.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  } while (at < content.length);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content), 0);
  end.writeUInt32LE(content.length % 2 ** 32, 4);
  return Buffer.concat([...parts, end]);
}

import { createHash } from 'node:crypto';

const made = new Map<string | number, Uint8Array>();
const hashes = new WeakMap<Uint8Array, string>();

/** Text, or that many bytes in blocks that are all different, so that one that is lost or doubled shows. */
export function bodyOf(body: string | number): Uint8Array {
  let bytes = made.get(body);
  if (bytes === undefined) {
    bytes = typeof body === 'string' ? Buffer.from(body) : blocks(body);
    made.set(body, bytes);
  }
  return bytes;
}

const BLOCK_BYTES = 1024;

/** Text, because the simulator shows bodies as text. */
function blocks(size: number): Uint8Array {
  const bytes = Buffer.alloc(size, '.');
  for (let at = 0; at + 16 <= size; at += BLOCK_BYTES) bytes.write(`[${at}]`, at);
  return bytes;
}

export function hashOf(body: Uint8Array): string {
  let hash = hashes.get(body);
  if (hash === undefined) {
    hash = createHash('sha256').update(body).digest('hex');
    hashes.set(body, hash);
  }
  return hash;
}

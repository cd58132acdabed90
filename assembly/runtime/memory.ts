/**
 * Memory for what the host hands over. Envoy asks the module for room for every buffer it returns; here that is a
 * bump pointer in one slab, taken back whole at the start of the next callback: no garbage, no free list. What does
 * not fit (a plugin configuration, unusually large headers) comes from the heap and is freed at the same moment.
 */
const SLAB_BYTES: usize = 96 * 1024;
const slab: usize = memory.data(96 * 1024, 16);
let used: usize = 0;

/** Heap blocks of this callback, each beginning with the address of the one before. */
const LINK_BYTES: usize = 16;
let firstBlock: usize = 0;

/** Room for `size` bytes, valid until `releaseHostBuffers`. Envoy's allocator for returned buffers. */
export function allocateHostBuffer(size: usize): usize {
  const aligned = (size + 7) & ~(<usize>7);
  if (aligned <= SLAB_BYTES - used) {
    const pointer = slab + used;
    used += aligned;
    return pointer;
  }
  const block = heap.alloc(aligned + LINK_BYTES);
  store<usize>(block, firstBlock);
  firstBlock = block;
  return block + LINK_BYTES;
}

/** Called first in every callback: everything handed over before is void. */
export function releaseHostBuffers(): void {
  used = 0;
  while (firstBlock != 0) {
    const next = load<usize>(firstBlock);
    heap.free(firstBlock);
    firstBlock = next;
  }
}

/** A place to go back to within a callback, for loops that read the same record again. */
export function markHostBuffers(): usize {
  return used;
}

export function releaseHostBuffersTo(mark: usize): void {
  used = mark;
}

/** Two words for results that the host writes through pointers. */
export const resultPointer: usize = memory.data(8, 8);
export const resultSize: usize = memory.data(8, 8);
export const resultNumber: usize = memory.data(8, 8);

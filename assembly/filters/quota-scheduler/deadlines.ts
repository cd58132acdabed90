import { HeldRequest } from './held-request';

/** All requests that this worker holds, the one whose deadline is next first: a binary heap. O(log requests). */
let queue = new StaticArray<HeldRequest | null>(256);
let size = 0;

export function nextDeadline(): HeldRequest | null {
  return size == 0 ? null : unchecked(queue[0]);
}

export function addDeadline(request: HeldRequest): void {
  if (size == queue.length) grow();
  rise(size++, request);
}

export function removeDeadline(request: HeldRequest): void {
  const at = request.heapIndex;
  if (at < 0) return;
  request.heapIndex = -1;
  size--;
  const last = unchecked(queue[size])!;
  unchecked((queue[size] = null));
  if (last === request) return;
  sink(at, last);
  rise(last.heapIndex, last);
}

function rise(from: i32, request: HeldRequest): void {
  let at = from;
  while (at > 0) {
    const parent = unchecked(queue[(at - 1) >> 1])!;
    if (parent.deadlineNanos <= request.deadlineNanos) break;
    place(at, parent);
    at = (at - 1) >> 1;
  }
  place(at, request);
}

function sink(from: i32, request: HeldRequest): void {
  let at = from;
  while (true) {
    let child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && unchecked(queue[child + 1])!.deadlineNanos < unchecked(queue[child])!.deadlineNanos) child++;
    const sooner = unchecked(queue[child])!;
    if (sooner.deadlineNanos >= request.deadlineNanos) break;
    place(at, sooner);
    at = child;
  }
  place(at, request);
}

function place(at: i32, request: HeldRequest): void {
  unchecked((queue[at] = request));
  request.heapIndex = at;
}

function grow(): void {
  const larger = new StaticArray<HeldRequest | null>(queue.length * 2);
  for (let index = 0; index < size; index++) larger[index] = queue[index];
  queue = larger;
}

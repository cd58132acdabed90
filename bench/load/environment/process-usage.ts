import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of all threads of a process, user and system, to the nanosecond. */
export function cpuNanos(processId: number): number {
  const threads = `/proc/${processId}/task`;
  return readdirSync(threads)
    .map((thread) => Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}

/** Resident memory of a process. */
export function residentBytes(processId: number): number {
  const kibibytes = readFileSync(`/proc/${processId}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  if (kibibytes === undefined) {
    throw new Error(`Expected VmRSS of process ${processId}, got none`);
  }
  return Number(kibibytes) * 1024;
}

/** Memory of a process that is its own, and its share of what it maps together with others. */
export function proportionalBytes(processId: number): number {
  const kibibytes = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB$/m)?.[1];
  if (kibibytes === undefined) {
    throw new Error(`Expected Pss of process ${processId}, got none`);
  }
  return Number(kibibytes) * 1024;
}

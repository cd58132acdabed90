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

/** What a process holds of memory that no file stands behind: heaps, stacks and compiled code, but not the program itself. */
export function anonymousBytes(processId: number): number {
  const kibibytes = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8').match(
    /^Pss_Anon:\s+(\d+) kB$/m,
  )?.[1];
  if (kibibytes === undefined) {
    throw new Error(`Expected Pss_Anon of process ${processId}, got none`);
  }
  return Number(kibibytes) * 1024;
}

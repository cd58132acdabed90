/**
 * What the functions have decided about the request at hand, for whoever tells others (header templates). Fixed
 * memory: where each name lies in the configuration, which outlives the request. Functions fill it in only when the
 * configuration at hand asks: `if (verdictIsWanted) tellVerdict(VERDICT_WORKLOAD, workload.name)`.
 */
export const VERDICT_LIMITER: i32 = 0;
export const VERDICT_SCHEDULER: i32 = 1;
export const VERDICT_WORKLOAD: i32 = 2;
export const VERDICT_BREAKER: i32 = 3;
const VERDICTS: i32 = 4;

/** Pointer and length (u32 each) of each name. */
const names: usize = memory.data(4 * 8, 8);

export let verdictIsWanted: bool = false;

/** Forgets the request before. */
export function beginVerdict(isWanted: bool): void {
  verdictIsWanted = isWanted;
  if (isWanted) memory.fill(names, 0, VERDICTS * 8);
}

/** `name` lives as long as its configuration. */
export function tellVerdict(verdict: i32, name: StaticArray<u8>): void {
  store<usize>(names + (<usize>verdict << 3), changetype<usize>(name));
  store<i32>(names + (<usize>verdict << 3), name.length, 4);
}

export function verdictPointer(verdict: i32): usize {
  return load<usize>(names + (<usize>verdict << 3));
}

/** 0 when the function has decided nothing. */
export function verdictLength(verdict: i32): i32 {
  return load<i32>(names + (<usize>verdict << 3), 4);
}

import { METRIC_COUNTER, proxy_define_metric, proxy_increment_metric, RESULT_OK } from './abi';
import { bytesOf } from '../core/bytes';
import { resultNumber } from './memory';

/**
 * A counter in Envoy's statistics, process-wide: `wasmcustom.<prefix>.<owner>.<suffix>`. Defined, and its name put
 * together, on its first use: 10,000 policies that see no traffic cost nothing.
 */
export class Counter {
  private id: u32 = 0;
  private isDefined: bool = false;

  constructor(
    private readonly prefix: string,
    private readonly owner: StaticArray<u8>,
    private readonly suffix: string,
  ) {}

  add(amount: i64): void {
    if (!this.isDefined) this.define();
    if (this.id != 0) proxy_increment_metric(this.id, amount);
  }

  /** Allocates, once in the life of a configuration. A statistic that Envoy refuses is not asked for again. */
  private define(): void {
    this.isDefined = true;
    const name = bytesOf(this.prefix + '.' + statisticName(this.owner) + '.' + this.suffix);
    const result = proxy_define_metric(METRIC_COUNTER, changetype<usize>(name), name.length, resultNumber);
    if (result == RESULT_OK) this.id = load<u32>(resultNumber);
  }
}

/** Dots part statistic names, so a name taken from a policy keeps its letters, digits, `-` and `/`, else `_`. */
function statisticName(name: StaticArray<u8>): string {
  const bytes = new StaticArray<u8>(name.length);
  for (let index = 0; index < name.length; index++) {
    const byte = name[index];
    const isKept = (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 47 && byte <= 57) || byte == 45;
    bytes[index] = isKept ? byte : 95;
  }
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length);
}

/** A counter whose adds are collected and told to Envoy in one call, by whoever owns the moment. */
export class BatchedCounter extends Counter {
  private pending: i64 = 0;

  increment(): void {
    this.pending++;
  }

  flush(): void {
    if (this.pending == 0) return;
    this.add(this.pending);
    this.pending = 0;
  }
}

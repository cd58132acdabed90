import {
  METRIC_COUNTER,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  proxy_define_metric,
  proxy_increment_metric,
  proxy_record_metric,
  RESULT_OK,
} from './abi';
import { bytesOf } from '../core/bytes';
import { hashBytes } from '../core/hash';
import { resultNumber } from './memory';

/**
 * One of Envoy's statistics, process-wide: `wasmcustom.<prefix>.<owner>.<suffix>`. Defined, and its name put together,
 * on its first use: 10,000 policies that see no traffic cost nothing.
 */
abstract class Statistic {
  private id: u32 = 0;
  private isDefined: bool = false;

  constructor(
    private readonly type: i32,
    private readonly prefix: string,
    private readonly owner: StaticArray<u8>,
    private readonly suffix: string,
  ) {}

  /** 0 for a statistic that Envoy refuses; it is not asked for again. */
  protected needId(): u32 {
    if (!this.isDefined) this.define();
    return this.id;
  }

  /** Allocates, once in the life of a configuration. */
  private define(): void {
    this.isDefined = true;
    const name = bytesOf(this.prefix + '.' + statisticName(this.owner) + '.' + this.suffix);
    const result = proxy_define_metric(this.type, changetype<usize>(name), name.length, resultNumber);
    if (result == RESULT_OK) this.id = load<u32>(resultNumber);
  }
}

/** Counts up. Adding 0 is an error to Envoy. */
export class Counter extends Statistic {
  constructor(prefix: string, owner: StaticArray<u8>, suffix: string) {
    super(METRIC_COUNTER, prefix, owner, suffix);
  }

  add(amount: i64): void {
    const id = this.needId();
    if (id != 0) proxy_increment_metric(id, amount);
  }
}

/** A number that goes up and down. */
export class Gauge extends Statistic {
  constructor(prefix: string, owner: StaticArray<u8>, suffix: string) {
    super(METRIC_GAUGE, prefix, owner, suffix);
  }

  add(amount: i64): void {
    const id = this.needId();
    if (id != 0) proxy_increment_metric(id, amount);
  }
}

export class Histogram extends Statistic {
  constructor(prefix: string, owner: StaticArray<u8>, suffix: string) {
    super(METRIC_HISTOGRAM, prefix, owner, suffix);
  }

  record(value: u64): void {
    const id = this.needId();
    if (id != 0) proxy_record_metric(id, value);
  }
}

/** Dots part statistic names, so a name taken from a policy keeps its letters, digits, `-` and `/`, else `_`. */
export function statisticName(name: StaticArray<u8>): string {
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

/** As `statisticName`, and different for different names: for gauges that are state, where two must never meet. */
export function uniqueStatisticName(name: StaticArray<u8>): string {
  const plain = statisticName(name);
  const written = String.UTF8.decodeUnsafe(changetype<usize>(name), name.length);
  return plain == written ? plain : plain + '.' + hashBytes(0, changetype<usize>(name), name.length).toString();
}

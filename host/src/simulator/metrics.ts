import { MetricType, Result } from './abi.ts';

/**
 * Counters, gauges and histograms of the process, shared by all VMs. Values are unsigned 64 bit and wrap.
 * Source: Envoy `source/extensions/common/wasm/context.cc` (`defineMetric` and below).
 */
export interface Metric {
  name: string;
  type: number;
  /** Counter or gauge: the value. Histogram: the sum of what was recorded. */
  value: bigint;
  /** Histogram: everything recorded, in order. */
  samples: bigint[];
  /** Rejected by a stats matcher: writes vanish and it reads 0 for ever. */
  dropped: boolean;
}

export interface Metrics {
  /** The metric of that type and name, made when it does not exist. */
  define(type: number, name: string): Metric;
  /** The value of a counter or gauge, 0 for one that is not there or dropped. */
  value(name: string): bigint;
  /** What a histogram recorded. */
  samples(name: string): bigint[];
  names(): string[];
  /** Overwrites a gauge from outside, as a hot restart does. */
  setGauge(name: string, value: bigint): void;
}

export function createMetrics(drop: (name: string) => boolean): Metrics {
  const metrics = new Map<string, Metric>();
  const key = (type: number, name: string) => `${type}:${name}`;
  const find = (name: string) =>
    metrics.get(key(MetricType.gauge, name)) ?? metrics.get(key(MetricType.counter, name));
  const define = (type: number, name: string) => {
    const existing = metrics.get(key(type, name));
    if (existing) return existing;
    const metric: Metric = { name, type, value: 0n, samples: [], dropped: drop(name) };
    metrics.set(key(type, name), metric);
    return metric;
  };
  return {
    define,
    value: (name) => find(name)?.value ?? 0n,
    samples: (name) => metrics.get(key(MetricType.histogram, name))?.samples ?? [],
    names: () => [...metrics.values()].map((metric) => metric.name),
    setGauge: (name, value) => {
      define(MetricType.gauge, name).value = BigInt.asUintN(64, value);
    },
  };
}

/** Adds to a counter (only more than 0) or a gauge (any amount). */
export function incrementMetric(metric: Metric, offset: bigint): number {
  if (metric.type === MetricType.histogram) return Result.badArgument;
  if (metric.type === MetricType.counter && offset <= 0n) return Result.badArgument;
  if (!metric.dropped) metric.value = BigInt.asUintN(64, metric.value + offset);
  return Result.ok;
}

/** Adds to a counter, sets a gauge, adds a sample to a histogram. */
export function recordMetric(metric: Metric, value: bigint): number {
  if (metric.dropped) return Result.ok;
  const unsigned = BigInt.asUintN(64, value);
  if (metric.type === MetricType.counter) metric.value = BigInt.asUintN(64, metric.value + unsigned);
  else if (metric.type === MetricType.gauge) metric.value = unsigned;
  else {
    metric.value = BigInt.asUintN(64, metric.value + unsigned);
    metric.samples.push(unsigned);
  }
  return Result.ok;
}

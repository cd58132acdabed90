import type {
  PluginConfiguration,
  QuotaBucket,
  QuotaScheduler,
  Workload,
  WorkloadParameters,
} from '../../host/src/plan/plugin-configuration.ts';
import { secondNanos } from '../module/modules.ts';

/** Short forms for configurations. Tokens in tokens, times in milliseconds, priorities as users write them. */

export const millisecondNanos = 1_000_000;
const milli = (value: number) => Math.round(value * 1000);

export interface BucketOptions {
  capacity: number;
  /** Tokens that come in `intervalMillis`; default the capacity. */
  fill?: number;
  /** Default one second. */
  intervalMillis?: number;
  continuous?: boolean;
  delayed?: boolean;
}

export function bucket(options: BucketOptions): QuotaBucket {
  return {
    capacityMillitokens: milli(options.capacity),
    fillMillitokens: milli(options.fill ?? options.capacity),
    fillIntervalNanos:
      options.intervalMillis === undefined ? secondNanos : options.intervalMillis * millisecondNanos,
    ...(options.continuous === undefined ? {} : { continuousFill: options.continuous }),
    ...(options.delayed === undefined ? {} : { delayInitialFill: options.delayed }),
  };
}

export interface WorkloadOptions {
  priority?: number;
  tokens?: number;
  queueTimeoutMillis?: number;
  queueCapacity?: number;
  strict?: boolean;
  floor?: number;
  cap?: number;
}

export function parameters(options: WorkloadOptions): WorkloadParameters {
  return {
    ...(options.priority === undefined ? {} : { weight: Math.round(options.priority * 1_000_000) }),
    ...(options.tokens === undefined ? {} : { costMillitokens: milli(options.tokens) }),
    ...(options.queueTimeoutMillis === undefined
      ? {}
      : { queueTimeoutNanos: options.queueTimeoutMillis * millisecondNanos }),
    ...(options.queueCapacity === undefined ? {} : { queueCapacity: options.queueCapacity }),
    ...(options.strict === undefined ? {} : { strict: options.strict }),
    ...(options.floor === undefined ? {} : { floorMillitokensPerSecond: milli(options.floor) }),
    ...(options.cap === undefined ? {} : { capMillitokensPerSecond: milli(options.cap) }),
  };
}

/** A workload of the requests whose header `x-workload` names it. */
export function workload(name: string, options: WorkloadOptions = {}): Workload {
  return {
    name,
    match: [{ on: 'header', name: 'x-workload', is: 'exact', value: name }],
    ...parameters(options),
  };
}

export const schedulerName = 'default/quota';

export function scheduler(
  bucketOptions: BucketOptions,
  workloads: Record<string, WorkloadOptions> = {},
  rest: Partial<QuotaScheduler> = {},
): QuotaScheduler {
  return {
    name: schedulerName,
    bucket: bucket(bucketOptions),
    workloads: Object.entries(workloads).map(([name, options]) => workload(name, options)),
    ...rest,
  };
}

export function configurationOf(...quotaSchedulers: QuotaScheduler[]): PluginConfiguration {
  return { version: 1, quotaSchedulers };
}

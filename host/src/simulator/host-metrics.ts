import { MetricType, Result } from './abi.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { incrementMetric, recordMetric } from './metrics.ts';
import type { VirtualMachine } from './vm.ts';

/**
 * Metrics. As in Envoy, every definition hands out a new id, also for a name defined before; the low two bits are
 * the type, and ids of one VM mean nothing in another.
 */
export function createMetricFunctions(vm: VirtualMachine): HostFunctionTable {
  const next = [MetricType.counter, MetricType.gauge, MetricType.histogram] as number[];
  return {
    proxy_define_metric: (type: number, pointer: number, size: number, idOut: number) => {
      const name = vm.memory.readText(pointer >>> 0, size >>> 0);
      if (name === undefined) return Result.invalidMemoryAccess;
      if (type >>> 0 > MetricType.histogram) return Result.badArgument;
      next[type]! += 4;
      const id = next[type]!;
      vm.metrics[id] = vm.process.metrics.define(type, name);
      return vm.memory.writeU32(idOut >>> 0, id) ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_increment_metric: (id: number, offset: bigint) => {
      const type = id & 3;
      if (type !== MetricType.counter && type !== MetricType.gauge) return Result.badArgument;
      const metric = vm.metrics[id >>> 0];
      return metric === undefined ? Result.notFound : incrementMetric(metric, offset);
    },
    proxy_record_metric: (id: number, value: bigint) => {
      const metric = vm.metrics[id >>> 0];
      return metric === undefined ? Result.notFound : recordMetric(metric, value);
    },
    proxy_get_metric: (id: number, out: number) => {
      const type = id & 3;
      if (type !== MetricType.counter && type !== MetricType.gauge) return Result.badArgument;
      const metric = vm.metrics[id >>> 0];
      if (metric === undefined) return Result.notFound;
      return vm.memory.writeU64(out >>> 0, metric.value) ? Result.ok : Result.invalidMemoryAccess;
    },
  };
}

import { benchHost } from '../../rules.ts';
import { type StartedEnvoy, startEnvoy } from '../environment/envoy.ts';
import { runFortio } from '../environment/fortio.ts';
import { cpuNanos } from '../environment/process-usage.ts';
import type { Pace, Variant } from './variant.ts';

const asFastAsItGoes: Pace = { connections: 8, requestsPerSecond: 0 };
/** Past V8's optimizing compiler: what it spends is no cost of a request. */
const warmUpRequests = 20_000;

/** A variant in an Envoy of its own, warm. */
export interface RunningVariant {
  variant: Variant;
  /** CPU time of its Envoy for so many requests. */
  cpuNanos(requests: number): Promise<number>;
  stop(): Promise<void>;
}

export async function startVariant(variant: Variant): Promise<RunningVariant> {
  const envoy = await startEnvoy(
    await variant.httpFilters(),
    variant.virtualHosts ?? [{ name: benchHost, domains: [benchHost] }],
    { hasUpstream: variant.hasUpstream ?? false },
  );
  try {
    await load(variant, envoy, warmUpRequests);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return {
    variant,
    cpuNanos: async (requests) => {
      const before = cpuNanos(envoy.processId);
      await load(variant, envoy, requests);
      return cpuNanos(envoy.processId) - before;
    },
    stop: () => envoy.stop(),
  };
}

/** Sends the requests, over eight connections in all unless the variant says otherwise, and checks the answers. */
async function load(variant: Variant, envoy: StartedEnvoy, requests: number): Promise<void> {
  const authorities = variant.authorities ?? [benchHost];
  const { connections, requestsPerSecond } = variant.pace ?? asFastAsItGoes;
  const results = await Promise.all(
    authorities.map((authority) =>
      runFortio({
        url: envoy.url,
        headers: [`Host:${authority}`, 'x-user:alice'],
        connections: connections / authorities.length,
        requests: requests / authorities.length,
        requestsPerSecond,
      }),
    ),
  );
  const answers = results.flatMap((result) => [...result.answers]);
  const expected = variant.status ?? 200;
  const strays = answers.filter(([status]) => status !== expected);
  // A limit that is to refuse admits one request, the first of the warm-up.
  if (strays.reduce((sum, [, count]) => sum + count, 0) > 1) {
    throw new Error(`${variant.name}: expected only answers ${expected}, got ${JSON.stringify(strays)}`);
  }
}

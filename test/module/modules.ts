import { fileURLToPath } from 'node:url';
import type { Limit, PluginConfiguration, RateLimitRule } from '../../host/src/plan/plugin-configuration.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../host/src/simulator/index.ts';

/** The modules under test, as Envoy gets them. */
export const rateLimitModule = fileURLToPath(new URL('../../modules/rate-limit.wasm', import.meta.url));
export const sluiceModule = fileURLToPath(new URL('../../modules/sluice.wasm', import.meta.url));

export const circuitBreakerModule = fileURLToPath(
  new URL('../../modules/circuit-breaker.wasm', import.meta.url),
);

export const secondNanos = 1_000_000_000;

/** `maxTokens` per `seconds`, all of them at once at first. */
export function tokenBucket(maxTokens: number, seconds: number, tokensPerFill = maxTokens): Limit {
  return { algorithm: 'tokenBucket', maxTokens, tokensPerFill, fillIntervalNanos: seconds * secondNanos };
}

export function configurationOf(...rateLimits: RateLimitRule[]): PluginConfiguration {
  return { version: 1, rateLimits };
}

export function simulate(rules: RateLimitRule[], options: Partial<SimulatorOptions> = {}): Simulator {
  return createSimulator({
    module: rateLimitModule,
    configuration: configurationOf(...rules),
    requireSluice: true,
    ...options,
  });
}

type Arrival = NonNullable<Parameters<Simulator['request']>[0]>;

/** Sends one request and ends it; whether it was let through. Anything but a 200 or a refusal fails the test. */
export function isAdmitted(simulator: Simulator, arrival: Arrival = {}): boolean {
  const stream = simulator.request(arrival);
  const { outcome } = stream;
  stream.end();
  if (outcome.kind === 'admitted' && !outcome.bypassed) return true;
  if (outcome.kind === 'localReply' && outcome.details.startsWith('sluice_rate_limited')) return false;
  throw new Error(
    `expected an admitted or a refused request, got ${JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`,
  );
}

/** How many of so many requests at this moment are let through, over the workers in turn. */
export function admittedOf(simulator: Simulator, count: number, arrival: Arrival = {}): number {
  let admitted = 0;
  for (let index = 0; index < count; index++) {
    if (isAdmitted(simulator, { worker: index % simulator.workers, ...arrival })) admitted++;
  }
  return admitted;
}

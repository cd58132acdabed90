import type { CircuitBreaker, PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import {
  createSimulator,
  type RequestOptions,
  type Simulator,
  type SimulatorOptions,
  type Stream,
  type UpstreamFailure,
} from '../../host/src/simulator/index.ts';
import { circuitBreakerModule } from '../module/modules.ts';

/** How a breaker is kept: on gauges, in its record where the statistics drop gauges, or in a page of a key's. */
export type Keeping = 'gauges' | 'record' | 'key';
export const keepings: readonly Keeping[] = ['gauges', 'record', 'key'];

export const slowMillis = 200;
const states = ['closed', 'open', 'half-open'] as const;
export type State = (typeof states)[number];

export function configurationOf(...circuitBreakers: CircuitBreaker[]): PluginConfiguration {
  return { version: 1, circuitBreakers };
}

/** The module with one breaker, `a`. */
export function simulateBreaker(
  breaker: Partial<CircuitBreaker>,
  keeping: Keeping = 'gauges',
  options: Partial<SimulatorOptions> = {},
): Simulator {
  return createSimulator({
    module: circuitBreakerModule,
    configuration: configurationOf({
      name: 'a',
      ...breaker,
      ...(keeping === 'key' && { key: [{ on: 'header', name: 'x-key' }] }),
    }),
    requireSluice: true,
    ...(keeping === 'record' && { dropMetrics: () => true }),
    ...options,
  });
}

/** A request, and whether it passed. Anything but that or a breaker's refusal is an error. */
export function begin(simulator: Simulator, options: RequestOptions = {}): Stream | undefined {
  const stream = simulator.request(options);
  const { outcome } = stream;
  if (outcome.kind === 'admitted' && !outcome.bypassed) return stream;
  if (outcome.kind === 'localReply' && outcome.details.startsWith('sluice_circuit_open:')) return undefined;
  throw new Error(`expected a call or a refusal, got ${outcome.kind}`);
}

const failures: Record<string, UpstreamFailure> = {
  reset: 'reset',
  timeout: 'timeout',
  'too long': 'maxDuration',
  'no connection': 'connectFailure',
  'no host': 'noHealthyUpstream',
  overflow: 'overflow',
};

/** Ends a call as the words of a case say; `breaker-case.ts`. */
export function end(simulator: Simulator, stream: Stream, outcome: string): void {
  const failure = failures[outcome];
  if (failure !== undefined) {
    stream.fail(failure);
    return;
  }
  const [word, number, alone] = outcome.split(' ');
  const grpc = { 'content-type': 'application/grpc' };
  switch (word) {
    case 'slow':
      simulator.advanceMillis(slowMillis);
      stream.respond({ status: number === 'fail' ? 500 : 200, body: 'x' });
      break;
    case 'ok':
      stream.respond({ body: 'x' });
      break;
    case 'fail':
      stream.respond({ status: 500 });
      break;
    case 'status':
      stream.respond({ status: Number(number) });
      break;
    case 'grpc':
      if (alone === undefined)
        stream.respond({ headers: grpc, body: 'x', trailers: { 'grpc-status': number! } });
      else stream.respond({ headers: { ...grpc, 'grpc-status': number! } });
      break;
    case 'reset': // late
      stream.respond({ body: 'x' });
      stream.fail('reset');
      return;
    case 'local':
      stream.answerLocally({ status: 503, details: 'ext_authz_denied' });
      return;
    case 'gone':
      stream.clientGone();
      return;
    default:
      throw new Error(`no outcome: ${outcome}`);
  }
  stream.end();
}

/** The state written down in the shared data. */
export function stateOf(simulator: Simulator, keeping: Keeping): State {
  const plain = simulator.sharedData.get('sluice/1/circuit-breaker/a')?.value;
  if (keeping !== 'key') return states[new DataView(plain!.buffer, plain!.byteOffset).getUint32(120, true)]!;
  for (const key of simulator.sharedData.keys()) {
    const value = simulator.sharedData.get(key)?.value;
    if (!key.startsWith('sluice/1/circuit-breakers/a') || value === undefined || value.length < 1000)
      continue;
    const view = new DataView(value.buffer, value.byteOffset);
    for (let entry = 112; entry < value.length; entry += 16 + 928) {
      if (view.getBigUint64(entry, true) !== 0n) return states[view.getUint32(entry + 16, true)]!;
    }
  }
  return 'closed';
}

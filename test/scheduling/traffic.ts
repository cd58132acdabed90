import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import {
  createSimulator,
  type Outcome,
  type Simulator,
  type SimulatorOptions,
  type Stream,
} from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import { configurationOf, millisecondNanos } from './schedulers.ts';

/** Requests of one kind: who sends them, when, on which workers. */
export interface Flow {
  /** Names the flow in results; requests of one name must be served in order of arrival. */
  name: string;
  /** Sent as `x-workload`; default the name. */
  workload?: string;
  headers?: Record<string, string>;
  /** Tokens a request costs, as the test reckons. Default 1. */
  tokens?: number;
  /** Evenly spaced from `fromMillis` on … */
  perSecond?: number;
  fromMillis?: number;
  untilMillis?: number;
  /** … or at these times, ms. */
  atMillis?: readonly number[];
  /** Workers that its requests come on, in turn. Default all. */
  on?: readonly number[];
  /** The client goes away when it is still held so long after its arrival. */
  goneAfterMillis?: number;
  /** Most requests, for a flow by rate. */
  most?: number;
}

/** One request, and what became of it. Times in nanoseconds since the start of the run. */
export interface Sent {
  flow: Flow;
  workload: string;
  tokens: number;
  worker: number;
  arrivedNanos: number;
  outcome: 'held' | 'admitted' | 'refused' | 'gone' | 'failed';
  endedNanos: number;
  /** Place among all admissions. */
  admission: number;
  /** It was held at first. */
  waited: boolean;
  status: number;
  grpcStatus: number | undefined;
  details: string;
  retryAfterSeconds: number;
  stream: Stream;
}

export interface TrafficOptions {
  scheduler: QuotaScheduler;
  flows: readonly Flow[];
  durationMillis: number;
  workers?: number;
  /** What happens at a time, before the requests of that time. */
  steps?: readonly { atMillis: number; run: (simulator: Simulator) => void }[];
  /** How long to wait afterwards for the rest to end. Default 20 s. */
  settleMillis?: number;
  simulator?: Simulator;
  options?: Partial<SimulatorOptions>;
}

export interface Traffic {
  scheduler: QuotaScheduler;
  simulator: Simulator;
  requests: Sent[];
  /** Those that were admitted, in that order. */
  admissions: Sent[];
  durationNanos: number;
  /** Contexts of each worker before the run. */
  contexts: number[];
}

export function simulate(scheduler: QuotaScheduler, options: Partial<SimulatorOptions> = {}): Simulator {
  return createSimulator({
    module: sluiceModule,
    configuration: configurationOf(scheduler),
    requireSluice: true,
    ...options,
  });
}

/** Sends the flows' requests at their times and records what becomes of each. */
export function sendTraffic(options: TrafficOptions): Traffic {
  const workers = options.workers ?? 1;
  const simulator = options.simulator ?? simulate(options.scheduler, { workers, ...options.options });
  const start = simulator.now();
  const traffic: Traffic = {
    scheduler: options.scheduler,
    simulator,
    requests: [],
    admissions: [],
    durationNanos: options.durationMillis * millisecondNanos,
    contexts: Array.from({ length: simulator.workers }, (_, worker) => simulator.contextCount(worker)),
  };
  const events: { nanos: number; run: () => void }[] = (options.steps ?? []).map((step) => ({
    nanos: step.atMillis * millisecondNanos,
    run: () => step.run(simulator),
  }));
  options.flows.forEach((flow, position) => {
    const on = flow.on ?? Array.from({ length: simulator.workers }, (_, worker) => worker);
    arrivalsOf(flow, options.durationMillis).forEach((nanos, index) => {
      // Flows begin with different workers, or all of one instant would meet on one.
      const worker = on[(index + (flow.on === undefined ? position : 0)) % on.length]!;
      let sent: Sent | undefined;
      events.push({
        nanos,
        run: () => {
          sent = send(traffic, start, flow, worker);
        },
      });
      if (flow.goneAfterMillis === undefined) return;
      events.push({
        nanos: nanos + flow.goneAfterMillis * millisecondNanos,
        run: () => {
          if (sent?.outcome === 'held') sent.stream.clientGone();
        },
      });
    });
  });
  events.sort((left, right) => left.nanos - right.nanos);
  for (const event of events) {
    simulator.runUntil(start + BigInt(Math.round(event.nanos)));
    event.run();
  }
  const end = options.durationMillis + (options.settleMillis ?? 20_000);
  simulator.runUntil(start + BigInt(Math.round(end * millisecondNanos)));
  return traffic;
}

function arrivalsOf(flow: Flow, durationMillis: number): number[] {
  if (flow.atMillis !== undefined) return flow.atMillis.map((millis) => millis * millisecondNanos);
  const from = (flow.fromMillis ?? 0) * millisecondNanos;
  const until = Math.min(flow.untilMillis ?? durationMillis, durationMillis) * millisecondNanos;
  const arrivals: number[] = [];
  for (let index = 0; ; index++) {
    const nanos = from + Math.round((index * 1e9) / flow.perSecond!);
    if (nanos >= until || index === flow.most) return arrivals;
    arrivals.push(nanos);
  }
}

/** Sends one request now, outside or inside of a run. */
export function send(traffic: Traffic, start: bigint, flow: Flow, worker: number): Sent {
  const { simulator } = traffic;
  const stream = simulator.request({
    worker,
    headers: { 'x-workload': flow.workload ?? flow.name, ...flow.headers },
  });
  const sent: Sent = {
    flow,
    workload: flow.workload ?? flow.name,
    tokens: flow.tokens ?? 1,
    worker,
    arrivedNanos: Number(stream.startNanos - start),
    outcome: 'held',
    endedNanos: -1,
    admission: -1,
    waited: stream.outcome.kind === 'held',
    status: 0,
    grpcStatus: undefined,
    details: '',
    retryAfterSeconds: 0,
    stream,
  };
  traffic.requests.push(sent);
  if (stream.outcome.kind === 'held') stream.onOutcome = (outcome) => note(traffic, sent, start, outcome);
  else note(traffic, sent, start, stream.outcome);
  return sent;
}

function note(traffic: Traffic, sent: Sent, start: bigint, outcome: Outcome): void {
  if (outcome.kind === 'held') return;
  if (sent.outcome !== 'held') throw new Error(`A request that was ${sent.outcome} is now ${outcome.kind}`);
  sent.endedNanos = Number(outcome.atNanos - start);
  if (outcome.kind === 'admitted' && !outcome.bypassed) {
    sent.outcome = 'admitted';
    sent.admission = traffic.admissions.length;
    traffic.admissions.push(sent);
    sent.stream.end();
  } else if (outcome.kind === 'localReply' && outcome.details.startsWith('sluice_quota_refused')) {
    sent.outcome = 'refused';
    sent.status = outcome.status;
    sent.grpcStatus = outcome.grpcStatus;
    sent.details = outcome.details;
    sent.retryAfterSeconds = Number(outcome.headers.find(([name]) => name === 'retry-after')?.[1]);
  } else {
    sent.outcome = outcome.kind === 'gone' ? 'gone' : 'failed';
    sent.details = 'details' in outcome ? outcome.details : '';
  }
}

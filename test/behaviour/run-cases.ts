import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import {
  type Answer,
  type BehaviourCase,
  type BehaviourProxy,
  type BehaviourStep,
  type Group,
  type GroupedRequests,
  hostOf,
  ofCase,
  type Received,
  type Requests,
  type SentRequest,
  type UpstreamOfItsOwn,
} from './behaviour-case.ts';
import { envoyProxy } from './envoy-proxy.ts';
import { bodyOf, hashOf } from './request-body.ts';
import { simulatedProxy } from './simulated-proxy.ts';

/** A kind of proxy that cases can run on. */
export interface Place {
  name: string;
  start: (
    plan: Plan,
    workers: number,
    upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
    policies: string,
  ) => Promise<BehaviourProxy>;
  /** Cases have no clock in common, so they need not wait for one another. */
  concurrent: boolean;
}

const everywhere: Place[] = [
  {
    name: 'the simulator',
    start: async (plan, workers, upstreams) => simulatedProxy(plan, workers, upstreams),
    concurrent: false,
  },
  { name: 'Envoy', start: envoyProxy, concurrent: true },
];

const WORKERS = 2;

/** Runs a table of cases on the simulator and on Envoy, or where else they are to run. */
export function describeCases(subject: string, cases: BehaviourCase[], places: Place[] = everywhere): void {
  describe.each(places)(`${subject} on $name`, ({ start, concurrent }) => {
    let proxy: BehaviourProxy;
    beforeAll(async () => {
      const policies = policiesOf(cases);
      proxy = await start(planOf(policies), WORKERS, upstreamsOfTheirOwn(cases), policies);
      // Compiled code and open sockets, before waits are measured.
      const protocols = ['http1', 'h2'] as const;
      await proxy.exchange(
        protocols.map((protocol) =>
          sentRequest({ protocol, host: 'nobody.example', expect: {} }, 0, 'warm', 0),
        ),
      );
    });
    afterAll(() => proxy?.stop());

    const test = concurrent ? it.concurrent : it;
    test.each(cases.map((behaviour, index) => [behaviour.name, behaviour, index] as const))(
      '%s',
      async (_name, behaviour, index) => {
        await run(proxy, behaviour, index);
      },
    );
  });
}

function policiesOf(cases: BehaviourCase[]): string {
  return cases.map(({ policies }, index) => ofCase(policies, index)).join('');
}

function planOf(text: string): Plan {
  const parsed = parse([{ name: 'cases.yaml', text }]);
  const validated = validate(parsed.documents);
  const planned = plan(validated.policies);
  const problems = [parsed, validated, planned].flatMap(({ diagnostics }) => diagnostics);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planned.plan;
}

/** By host. */
function upstreamsOfTheirOwn(cases: BehaviourCase[]): Map<string, UpstreamOfItsOwn> {
  return new Map(
    cases.flatMap(({ upstream }, index) => (upstream === undefined ? [] : [[hostOf(index), upstream]])),
  );
}

async function run(proxy: BehaviourProxy, { steps }: BehaviourCase, index: number): Promise<void> {
  for (const [number, step] of steps.entries()) {
    if (step.waitMillis !== undefined) await proxy.wait(step.waitMillis);
    const place = `step ${number}`;
    if ('together' in step) await runGroup(proxy, step, index, place);
    else await runInTurn(proxy, step, index, place);
  }
}

async function runInTurn(
  proxy: BehaviourProxy,
  requests: Exclude<BehaviourStep, Group>,
  index: number,
  place: string,
): Promise<void> {
  const sent = sentRequest(requests, index, `case-${index} ${requests.connection ?? ''}`, 0);
  const answers: Answer[] = [];
  for (let count = 0; count < (requests.times ?? 1); count++) {
    answers.push(...(await proxy.exchange([sent])));
  }
  expectAnswers(requests, sent, answers, place);
}

/** On one connection requests come in order anyway. Between connections a busy machine needs time. */
const SAME_CONNECTION_MILLIS = 1;
const OTHER_CONNECTION_MILLIS = 30;

async function runGroup(proxy: BehaviourProxy, group: Group, index: number, place: string): Promise<void> {
  let before: string | undefined;
  const parts = group.together.map((requests, position) => {
    const protocol = requests.protocol ?? 'h2';
    const sent = Array.from({ length: requests.times ?? 1 }, (_, time) => {
      const own = protocol === 'h2' ? '' : `${position}/${time}`;
      const connection = `case-${index} ${requests.connection ?? own}`;
      const apart = connection === before ? SAME_CONNECTION_MILLIS : OTHER_CONNECTION_MILLIS;
      const afterMillis = requests.afterMillis ?? (before === undefined ? 0 : apart);
      before = connection;
      return sentRequest({ ...requests, protocol }, index, connection, afterMillis);
    });
    return { requests, sent };
  });
  const answers = await proxy.exchange(parts.flatMap(({ sent }) => sent));
  const received: { name: string; order: number }[] = [];
  let first = 0;
  for (const { requests, sent } of parts) {
    const own = answers.slice(first, first + sent.length);
    first += sent.length;
    const name = requests.name ?? `request ${parts.findIndex((part) => part.requests === requests)}`;
    expectAnswers(requests, sent[0]!, own, `${place}, ${name}`);
    received.push(...own.flatMap((answer) => answer.received ?? []).map(({ order }) => ({ name, order })));
  }
  if (group.letThrough === undefined) return;
  received.sort((left, right) => left.order - right.order);
  expect(
    received.map(({ name }) => name),
    `${place}: let through in order`,
  ).toEqual(group.letThrough);
}

function sentRequest(
  requests: Requests | GroupedRequests,
  index: number,
  connection: string,
  afterMillis: number,
): SentRequest {
  return {
    method: requests.method ?? 'GET',
    path: requests.path ?? '/',
    headers: requests.headers ?? {},
    host: ofCase(requests.host ?? '{host}', index),
    body: requests.body === undefined ? undefined : bodyOf(requests.body),
    bodyMillis: requests.bodyMillis ?? 0,
    trailers: requests.trailers,
    protocol: requests.protocol ?? 'http1',
    upstream: requests.upstream ?? 'ok',
    from: requests.from ?? '127.0.0.1',
    connection,
    afterMillis,
    leavesAfterMillis: requests.leavesAfterMillis,
  };
}

function expectAnswers(requests: Requests, sent: SentRequest, answers: Answer[], place: string): void {
  const seen: Partial<Record<number | 'left', number>> = {};
  for (const { status } of answers) seen[status] = (seen[status] ?? 0) + 1;
  const expected = Object.fromEntries(Object.entries(requests.expect).filter(([, count]) => count! > 0));
  expect(seen, place).toEqual(expected);
  const last = answers.at(-1);
  for (const [name, value] of Object.entries(requests.headersOfLast ?? {})) {
    const got = last?.headers[name] ?? null;
    if (value instanceof RegExp) expect(got, `${place}: ${name}`).toMatch(value);
    else expect(got, `${place}: ${name}`).toBe(value);
  }
  if (requests.bodyOfLast !== undefined) expect(last?.body, place).toBe(requests.bodyOfLast);
  for (const { waitedMillis, received } of answers) {
    if (requests.waitedAtLeastMillis !== undefined) {
      expect(waitedMillis, `${place}: waited, ms`).toBeGreaterThanOrEqual(requests.waitedAtLeastMillis);
    }
    if (requests.waitedAtMostMillis !== undefined) {
      expect(waitedMillis, `${place}: waited, ms`).toBeLessThanOrEqual(requests.waitedAtMostMillis);
    }
    if (received !== undefined) expect({ ...received, order: 0 }, place).toEqual(allOf(sent));
  }
}

/** What the upstream must get. */
function allOf({ body = Buffer.alloc(0), trailers = {} }: SentRequest): Received {
  return { order: 0, bodyBytes: body.length, bodyHash: hashOf(body), trailers };
}

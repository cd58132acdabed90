import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import {
  type Answer,
  type BehaviourCase,
  type BehaviourProxy,
  hostOf,
  policiesOf,
} from './behaviour-case.ts';
import { envoyProxy } from './envoy-proxy.ts';
import { scriptHeader } from './scripted-upstream.ts';
import { simulatedProxy } from './simulated-proxy.ts';

function planOf(cases: BehaviourCase[]): Plan {
  const parsed = parse([{ name: 'cases.yaml', text: cases.map(policiesOf).join('') }]);
  const validated = validate(parsed.documents);
  const planned = plan(validated.policies);
  const problems = [parsed, validated, planned].flatMap(({ diagnostics }) => diagnostics);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planned.plan;
}

async function run(proxy: BehaviourProxy, { steps }: BehaviourCase, index: number): Promise<void> {
  for (const [number, step] of steps.entries()) {
    if (step.waitMillis !== undefined) await proxy.wait(step.waitMillis);
    const host = (step.host ?? '{host}')
      .replaceAll('{host}', hostOf(index))
      .replaceAll('{name}', `case-${index}`);
    const seen: Record<number, number> = {};
    let last: Answer | undefined;
    for (let count = 0; count < (step.times ?? 1); count++) {
      last = await proxy.send({
        method: step.method ?? 'GET',
        path: step.path ?? '/',
        headers: { ...step.headers, ...(step.upstream !== undefined && { [scriptHeader]: step.upstream }) },
        host,
        from: step.from ?? '127.0.0.1',
        connection: `case-${index} ${step.connection ?? ''}`,
      });
      seen[last.status] = (seen[last.status] ?? 0) + 1;
    }
    const expected = Object.fromEntries(Object.entries(step.expect).filter(([, count]) => count > 0));
    expect(seen, `step ${number}`).toEqual(expected);
    for (const [name, value] of Object.entries(step.headersOfLast ?? {})) {
      expect(last?.headers[name] ?? null, `step ${number}: ${name}`).toBe(value);
    }
    if (step.bodyOfLast !== undefined) expect(last?.body).toBe(step.bodyOfLast);
  }
}

const places: [string, (plan: Plan, cases: readonly BehaviourCase[]) => Promise<BehaviourProxy>][] = [
  ['the simulator', async (all, cases) => simulatedProxy(all, 2, cases)],
  ['Envoy', (all, cases) => envoyProxy(all, 2, cases)],
];

/** Every case on the simulator and on real Envoy, with two workers each. */
export function runOnBoth(what: string, cases: BehaviourCase[]): void {
  describe.each(places)(`${what} on %s`, (_, start) => {
    let proxy: BehaviourProxy;
    beforeAll(async () => {
      proxy = await start(planOf(cases), cases);
    });
    afterAll(() => proxy?.stop());

    it.each(cases.map((behaviour, index) => [behaviour.name, behaviour, index] as const))(
      '%s',
      async (_name, behaviour, index) => {
        await run(proxy, behaviour, index);
      },
    );
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { headerMutationModule } from '../module/header-modules.ts';
import {
  type HeaderCase,
  type HeaderProxy,
  hostOfCase,
  type Pairs,
  policiesOfCase,
  valuesOf,
} from './header-case.ts';
import { nativeHeaderCases } from './header-mutation-cases.ts';
import { headerPolicyCases } from './header-policy-cases.ts';
import { envoyHeaderProxy, simulatedHeaderProxy } from './header-proxies.ts';

const cases = [...nativeHeaderCases, ...headerPolicyCases];

function planOf(all: HeaderCase[]): Plan {
  const parsed = parse([{ name: 'cases.yaml', text: all.map(policiesOfCase).join('') }]);
  const validated = validate(parsed.documents);
  const planned = plan(validated.policies);
  const problems = [parsed, validated, planned].flatMap(({ diagnostics }) => diagnostics);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planned.plan;
}

async function run(proxy: HeaderProxy, { steps }: HeaderCase, index: number): Promise<void> {
  for (const [number, step] of steps.entries()) {
    const { status, upstream, client } = await proxy.send(hostOfCase(index), step);
    expect(status, `step ${number}`).toBe(step.status ?? 200);
    expectValues(upstream, step.upstream, index, `step ${number}, upstream`);
    expectValues(client, step.client, index, `step ${number}, client`);
  }
}

function expectValues(
  pairs: Pairs | undefined,
  expected: Record<string, string[] | null> = {},
  index: number,
  where: string,
): void {
  const found = Object.keys(expected).map((name) => [name, valuesOf(pairs ?? [], name)]);
  const named = JSON.parse(JSON.stringify(expected).replaceAll('@name@', `headers-${index}`));
  expect(Object.fromEntries(found), where).toEqual(named);
}

/** Without a host to look up, edits that need to know nothing of the message are made without reading it. */
describe('headers by a rule for every host, in header-mutation.wasm', () => {
  it.each(nativeHeaderCases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const everyHost = { ...each, policies: each.policies.replace(/"targetRefs":.*?\],/, '') };
    await run(simulatedHeaderProxy(planOf([everyHost]), headerMutationModule), everyHost, 0);
  });
});

const places: [string, (plan: Plan) => Promise<HeaderProxy>][] = [
  ['the simulator', async (all) => simulatedHeaderProxy(all)],
  ['Envoy', envoyHeaderProxy],
];

describe.each(places)('headers on %s', (_, start) => {
  let proxy: HeaderProxy;
  beforeAll(async () => {
    proxy = await start(planOf(cases));
  });
  afterAll(() => proxy?.stop());

  it.each(cases.map((each, index) => [each.name, each, index] as const))('%s', async (_name, each, index) => {
    await run(proxy, each, index);
  });
});

import { describe, it } from 'vitest';
import { headerMutationModule } from '../module/header-modules.ts';
import { policiesOfCase } from './header-case.ts';
import { nativeHeaderCases } from './header-mutation-cases.ts';
import { headerPolicyCases } from './header-policy-cases.ts';
import { envoyHeaderProxy, simulatedHeaderProxy } from './header-proxies.ts';
import { describeHeaderCasesOn, headerPlan, runHeaderCase } from './run-header-cases.ts';

/** Without a host to look up, edits that need to know nothing of the message are made without reading it. */
describe('headers by a rule for every host, in header-mutation.wasm', () => {
  it.each(nativeHeaderCases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const everyHost = { ...each, policies: each.policies.replace(/"targetRefs":.*?\],/, '') };
    const proxy = simulatedHeaderProxy(headerPlan(policiesOfCase(everyHost, 0)), headerMutationModule);
    await runHeaderCase(proxy, everyHost, 0);
  });
});

describeHeaderCasesOn(
  [
    { name: 'the simulator', start: async (all) => simulatedHeaderProxy(all) },
    { name: 'Envoy', start: envoyHeaderProxy },
  ],
  [...nativeHeaderCases, ...headerPolicyCases],
);

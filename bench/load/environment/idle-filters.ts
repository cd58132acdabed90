import { plan } from '../../../host/src/plan/plan-policies.ts';
import type { PluginConfiguration } from '../../../host/src/plan/plugin-configuration.ts';
import { parse } from '../../../host/src/policy/parse.ts';
import { validate } from '../../../host/src/policy/validate.ts';
import { type ModuleName, modulePath } from '../../../host/src/proxy/module-path.ts';
import { rateLimitPolicy } from '../figures/policies.ts';
import { quotaSchedulingPolicy } from '../figures/quota-policies.ts';
import { type WasmPlugin, wasmFilter } from './wasm-filter.ts';

const host = 'idle.example';

const breakerPolicy = `apiVersion: sluice.dev/v1alpha1
kind: CircuitBreakerPolicy
metadata: {name: idle}
spec:
  targetRefs: [{group: sluice.dev, kind: VirtualHost, name: ${host}}]
  breakers:
    - {name: all, window: {time: 10s}, minimumCalls: 20, failureRate: 50, open: {duration: 5s}}
`;

const headerPolicy = `apiVersion: sluice.dev/v1alpha1
kind: HeaderPolicy
metadata: {name: idle}
spec:
  targetRefs: [{group: sluice.dev, kind: VirtualHost, name: ${host}}]
  rules:
    - {name: all, response: [{set: {name: x-limiter, value: '{limiter}'}}]}
`;

const policyOf: Record<Exclude<ModuleName, 'sluice'>, string> = {
  'rate-limit': rateLimitPolicy('idle', [
    { name: 'all', host, tokenBucket: { maxTokens: 100, tokensPerFill: 100, fillInterval: '1s' } },
  ]),
  'quota-scheduler': quotaSchedulingPolicy({
    name: 'idle',
    host,
    capacity: 100,
    fillAmount: 100,
    fillInterval: '1s',
    workloads: [{ name: 'all', priority: 100, queueTimeout: '1s' }],
  }),
  'circuit-breaker': breakerPolicy,
  'header-mutation': headerPolicy,
};

/** A module with one policy a function, as small as users begin with; it says `configured` when a VM is ready. */
export function idleConfiguration(module: ModuleName): PluginConfiguration {
  const text = module === 'sluice' ? Object.values(policyOf).join('---\n') : policyOf[module];
  const { documents, diagnostics } = parse([{ name: `${module}.yaml`, text }]);
  const validated = validate(documents);
  const planned = plan(validated.policies);
  const problems = [...diagnostics, ...validated.diagnostics, ...planned.diagnostics];
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(`Expected no errors, got ${JSON.stringify(errors)}`);
  return { ...planned.plan.plugin, logLevel: 'info' };
}

/** The plugin of an idle module. `vmName` tells one VM of it from another in the same Envoy. */
export function idlePlugin(module: ModuleName, vmName: string): WasmPlugin {
  return {
    name: vmName,
    rootId: 'sluice',
    modulePath: modulePath(module),
    configuration: JSON.stringify(idleConfiguration(module)),
  };
}

export const idleFilter = (module: ModuleName) => wasmFilter(idlePlugin(module, module));

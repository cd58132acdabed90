import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { type ModuleName, modulePath } from '../proxy/module-path.ts';
import { unusedCallbacksLeftOut } from './module-callbacks.ts';

const edits = [{ edit: 'set' as const, name: 'x-a', value: 'a' }];

function allowed(module: ModuleName, plugin: Partial<PluginConfiguration>): string[] | undefined {
  const part = unusedCallbacksLeftOut({ version: 1, ...plugin }, modulePath(module)) as {
    capability_restriction_config?: { allowed_capabilities: object };
  };
  const restriction = part.capability_restriction_config;
  return restriction && Object.keys(restriction.allowed_capabilities).sort();
}

/** All that Envoy would look for in a module. */
function capabilitiesOf(module: ModuleName): string[] {
  const compiled = new WebAssembly.Module(readFileSync(modulePath(module)));
  const names = [
    ...WebAssembly.Module.imports(compiled).map(({ name }) => name),
    ...WebAssembly.Module.exports(compiled).map(({ name }) => name),
  ];
  const ungoverned = ['proxy_on_memory_allocate', 'proxy_abi_version_0_2_1'];
  return names
    .filter((name) => name.startsWith('proxy_') || name === 'clock_time_get' || name === 'random_get')
    .filter((name) => !ungoverned.includes(name));
}

describe('callbacks that a configuration has no use for', () => {
  test.each([['header-mutation', { headerRules: [{ name: 'a', request: edits }] }]] satisfies [
    ModuleName,
    Partial<PluginConfiguration>,
  ][])('are left out of %s, and nothing else: %j', (module, plugin) => {
    const left = capabilitiesOf(module).filter((name) => !allowed(module, plugin)!.includes(name));
    expect(left).toEqual(['proxy_on_response_headers']);
  });

  test.each([
    [
      'header-mutation',
      {
        headerRules: [
          { name: 'a', request: edits },
          { name: 'b', response: edits },
        ],
      },
    ],
    ['header-mutation', { headerRules: [{ name: 'a', requestTrailers: edits }] }],
    ['header-mutation', { headerRules: [{ name: 'a', responseTrailers: edits }] }],
  ] satisfies [ModuleName, Partial<PluginConfiguration>][])(
    'stay in %s when one asks for them: %j',
    (module, plugin) => {
      expect(allowed(module, plugin)).toBeUndefined();
    },
  );

  test('stay in modules that hold requests, whose VM must be the same after every edit', () => {
    expect(allowed('sluice', { headerRules: [{ name: 'a', request: edits }] })).toBeUndefined();
    expect(allowed('quota-scheduler', {})).toBeUndefined();
  });
});

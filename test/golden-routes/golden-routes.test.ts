import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../host/src/envoy/json.ts';
import type { EnvoyOptions } from '../../host/src/envoy/options.ts';
import { translateToEnvoy, translateToOneEnvoyFile } from '../../host/src/envoy/translate.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { type Diagnostic, formatDiagnostic } from '../../host/src/policy/diagnostic.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { printJson } from '../../host/src/print/json.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';

/*
 * One folder a case, named as a sentence: input.yaml → envoy.json (virtual hosts and clusters), warnings.txt. Real Envoy
 * validates each. `UPDATE_GOLDEN=1 npx vitest run test/golden` writes the outputs anew.
 */
const isUpdate = process.env.UPDATE_GOLDEN === '1';
const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);

const options: EnvoyOptions = {
  listen: { host: '127.0.0.1', port: 10_000 },
  listenLocal: { host: '127.0.0.1', port: 10_001 },
  admin: { host: '127.0.0.1', port: 0 },
  upstream: { host: '127.0.0.1', port: 8080 },
  locality: 'here/zone-1/rack-1',
  modulePath: join(import.meta.dirname, '../../modules/sluice.wasm'),
  xdsDirectory: '/nowhere',
};

function compile(input: string): { plan: Plan; diagnostics: Diagnostic[] } {
  const parsed = parse([{ name: 'input.yaml', text: input }]);
  const validated = validate(parsed.documents, { strict: true });
  const planned = plan(validated.policies);
  const diagnostics = [...parsed.diagnostics, ...validated.diagnostics, ...planned.diagnostics];
  return { plan: planned.plan, diagnostics };
}

/** What both listeners serve, once; what only one does, by itself. The same clusters stand in every case's file. */
function outputs(input: string): Map<string, string> {
  const { plan: planned, diagnostics } = compile(input);
  const { clusters, routes, routesLocal } = translateToEnvoy(planned, options);
  const [external, local] = [routes, routesLocal!].map(
    ({ response }) => (response.resources as { virtual_hosts: JsonObject[] }[])[0]!.virtual_hosts,
  ) as [JsonObject[], JsonObject[]];
  const isSame = JSON.stringify(external) === JSON.stringify(local);
  const destinations = (clusters.response.resources as JsonObject[]).filter(
    ({ name }) => name !== '127.0.0.1:8080',
  );
  return new Map([
    [
      'envoy.json',
      printJson({
        ...(isSame ? { virtual_hosts: external } : { external, local }),
        clusters: destinations.map(({ '@type': _, typed_extension_protocol_options: protocol, ...rest }) => ({
          ...rest,
          ...(JSON.stringify(protocol).includes('http2_protocol_options') && { protocol: 'h2c' }),
        })),
      }),
    ],
    ['warnings.txt', diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('')],
  ]);
}

let envoy: string;
beforeAll(async () => {
  ({ path: envoy } = await findEnvoy());
}, 120_000);

describe.each(cases.map(({ name }) => name))('%s', (name) => {
  const folder = join(import.meta.dirname, name);
  const input = join(folder, 'input.yaml');
  if (isUpdate) update(folder, input);

  it('gives the expected routes and warnings, and no error', () => {
    const found = outputs(readFileSync(input, 'utf8'));
    for (const [file, text] of found) expect(text, file).toBe(readFileSync(join(folder, file), 'utf8'));
    expect(found.get('warnings.txt')).not.toContain(': error: ');
  });

  it('is accepted by Envoy', async () => {
    const { plan: planned } = compile(readFileSync(input, 'utf8'));
    const bootstrap = JSON.stringify(translateToOneEnvoyFile(planned, options));
    const validating = promisify(execFile)(envoy, [
      '--mode',
      'validate',
      '--log-level',
      'error',
      '--config-yaml',
      bootstrap,
    ]);
    await expect(validating).resolves.toBeDefined();
  });

  it('has no file that belongs to nothing', () => {
    expect(readdirSync(folder).sort()).toEqual(['envoy.json', 'input.yaml', 'warnings.txt']);
  });
});

function update(folder: string, input: string): void {
  if (!existsSync(input)) {
    rmSync(folder, { recursive: true });
    return;
  }
  const found = outputs(readFileSync(input, 'utf8'));
  for (const file of readdirSync(folder)) {
    if (file !== 'input.yaml' && !found.has(file)) rmSync(join(folder, file), { recursive: true });
  }
  for (const [file, text] of found) writeFileSync(join(folder, file), text);
}

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { failurePolicies } from '../../envoy/options.ts';
import { EXECUTION_PHASES, ISTIO_RESOURCES } from '../../istio/options.ts';
import { MODULE_SOURCE_FORMS } from '../../mesh/module-source.ts';
import { writeStandardOutput } from '../../print/standard-output.ts';
import { EXIT_CODE } from '../exit-code.ts';
import { loadPolicies } from '../load-plan.ts';
import { addPolicyOptions } from '../policy-options.ts';
import { reportDiagnostics } from '../report-diagnostics.ts';
import { addServingOptions } from '../serving-options.ts';
import { writeOutput } from '../write-output.ts';
import { envoyTarget, pluginTarget } from './envoy-targets.ts';
import { envoyGatewayTarget, istioTarget } from './mesh-targets.ts';
import {
  type CompileOptions,
  collectBypass,
  parseBackoff,
  parseFilterPosition,
  parseGateway,
  parsePriority,
  parseSet,
} from './options.ts';
import type { CompileTarget } from './target.ts';

const TARGETS: Record<string, CompileTarget> = {
  envoy: envoyTarget,
  plugin: pluginTarget,
  istio: istioTarget,
  'envoy-gateway': envoyGatewayTarget,
};

/** `sluice compile`: policies as the configuration of another program, on standard output or in a folder. */
export function registerCompile(program: Command): void {
  const command = program
    .command('compile')
    .summary('print the configuration that policies stand for')
    .description(
      'Print the configuration that policies stand for, in a stable order. With mistakes in the policies, or something that the target cannot carry, nothing is written.',
    );
  addPolicyOptions(command)
    .addOption(
      new Option(
        '--to <target>',
        Object.entries(TARGETS)
          .map(([name, { summary }]) => `${name}: ${summary}`)
          .join('; '),
      )
        .choices(Object.keys(TARGETS))
        .makeOptionMandatory(),
    )
    .option('-o, --output <folder>', 'write files into this folder instead of standard output')
    .option('--force', 'overwrite files that exist', false)
    .option('--explain', 'say on standard error which header rules Envoy carries out itself', false)
    .addOption(
      new Option(
        '--failure-policy <policy>',
        'what requests get when the module has failed (default: FAIL_RELOAD; for envoy-gateway FAIL_CLOSED)',
      ).choices(failurePolicies),
    )
    .addOption(
      new Option('--log-level <level>', 'what the module logs').choices([
        'off',
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .option('--module <path>', 'the Wasm module (default: the one in this package)');
  addServingOptions(command.optionsGroup('One Envoy (--to envoy):'), {
    freePort: '',
    defaultUpstream: '127.0.0.1:8080',
  });
  addMeshOptions(command);
  command
    .addHelpText(
      'after',
      `
Examples:
  sluice compile -f limits.yaml --to plugin
  sluice compile -f policies/ --to envoy > envoy.json && envoy -c envoy.json
  sluice compile -f policies/ --to envoy -o out/ --upstream 127.0.0.1:8080
  sluice compile -f policies/ --to istio | kubectl apply -f -
  sluice compile -f policies/ --to istio --resource WasmPlugin --module-source oci://registry.example/sluice:0.1.0
  sluice compile -f policies/ --to envoy-gateway --gateway default/eg --module-source https://files.example/sluice.wasm`,
    )
    .action(compile);
}

function addMeshOptions(command: Command): void {
  command
    .optionsGroup('Meshes (--to istio, --to envoy-gateway):')
    .option(
      '--gateway <namespace/…>',
      'the gateway of policies that name none: NAMESPACE/LABEL=VALUE,… of its pods, or NAMESPACE/NAME of a Gateway of Gateway API (default: istio-system/istio=ingressgateway; default/eg)',
      parseGateway,
    )
    .option(
      '--module-source <source>',
      `where proxies get the module: ${MODULE_SOURCE_FORMS} (default for istio: file:/etc/sluice/sluice.wasm)`,
    )
    .addOption(
      new Option('--resource <kind>', 'for Istio: the kind of object')
        .choices(ISTIO_RESOURCES)
        .default('EnvoyFilter'),
    )
    .option(
      '--set <name>',
      'for Istio: a name for these policies, when others for the same proxies are compiled apart from them',
      parseSet,
    )
    .option(
      '--filter-position <position>',
      'of an EnvoyFilter: first, before:FILTER or after:FILTER (default: before:envoy.filters.http.router)',
      parseFilterPosition,
    )
    .addOption(
      new Option(
        '--bypass <virtual-host[/route]>',
        "of an EnvoyFilter: what never sees the filter, by Istio's names (host:80, inbound|http|80); repeatable",
      )
        .argParser(collectBypass)
        .default([], 'nothing'),
    )
    .option(
      '--reload-backoff <seconds>',
      'of an EnvoyFilter: least time between two loads of a module that fails (default: 1s)',
      parseBackoff,
    )
    .addOption(
      new Option('--phase <phase>', 'of a WasmPlugin or TrafficExtension: where in the chain').choices(
        EXECUTION_PHASES,
      ),
    )
    .option('--priority <number>', 'of a WasmPlugin or TrafficExtension: order in its phase', parsePriority);
}

async function compile(options: CompileOptions): Promise<void> {
  const target = TARGETS[options.to]!;
  const { result, diagnostics } = await loadPolicies(options.file, options, (policies) =>
    target.compile(policies, options),
  );
  reportDiagnostics(diagnostics);
  if (result === undefined) {
    process.exitCode = EXIT_CODE.policyProblems;
    return;
  }
  for (const line of result.notes) process.stderr.write(`${line}\n`);
  if (options.output === undefined) {
    await writeStandardOutput(result.text());
    return;
  }
  const files = result.files(resolve(options.output));
  await writeOutput(options.output, files, options.force);
}

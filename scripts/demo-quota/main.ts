/**
 * A quota policy in real Envoy with one fortio load for each of its workloads, side by side: prints a table of what each
 * got beside what the policy promises, and draws it.
 *
 *   make demo-quota [DEMO_FLAGS="--seconds 60 --concurrency 1"]
 *   node scripts/demo-quota/main.ts --help
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseAddress, parseConcurrency } from '../../host/src/cli/run-options.ts';
import type { DemoOptions } from './demo.ts';

const program = new Command('demo-quota')
  .description(
    'Starts Envoy with a QuotaSchedulingPolicy and runs one fortio load for each of its workloads, side by side. Prints what each got beside what the policy promises, and draws a picture.',
  )
  .option('-f, --file <path>', 'policy file', 'examples/seed-policies/quota-scheduling-policy.yaml')
  .option('--seconds <number>', 'how long to measure', numberFrom(2, 3600), 30)
  .option('--qps <number>', 'requests a second of each load', numberFrom(0.1, 100_000), 20)
  .option('--connections <number>', 'of each load; each has one request under way', numberFrom(1, 1000), 4)
  .option('--concurrency <number>', 'worker threads of Envoy', parseConcurrency, 2)
  .addOption(
    new Option('--listen <address>', 'where Envoy listens; port 0 takes a free one')
      .argParser(parseAddress)
      .default({ host: '127.0.0.1', port: 0 }, '127.0.0.1:0'),
  )
  .option('-o, --out <path>', 'the picture (SVG)', 'build/demo-quota.svg')
  .exitOverride()
  .showHelpAfterError('(add --help for usage)');

try {
  program.parse();
  // Looks for Envoy as it is loaded; what is missing is told like any other mistake.
  const { demoQuota } = await import('./demo.ts');
  process.exitCode = await demoQuota(program.opts<DemoOptions>(), firstSignal());
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`demo-quota: ${(error as Error).message}\n`);
    if (process.env.DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
    process.exitCode = 2;
  }
}

/** Aborted by the first Ctrl-C or SIGTERM: what runs is ended in order. */
function firstSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(signal));
  }
  return controller.signal;
}

function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(`expected a number from ${least} to ${most}, got ${text}`);
    }
    return value;
  };
}

import { resolve } from 'node:path';
import { findEnvoy } from '../proxy/find-envoy.ts';
import { modulePath } from '../proxy/module-path.ts';
import { servePlan } from '../proxy/serve-plan.ts';
import { formatSocketAddress } from '../proxy/socket-address.ts';
import { watchFiles } from '../proxy/watch-files.ts';
import { EXIT_CODE } from './exit-code.ts';
import { followEdits } from './follow-edits.ts';
import { loadPlan } from './load-plan.ts';
import { reportDiagnostics } from './report-diagnostics.ts';
import { greeting } from './run-greeting.ts';
import type { RunOptions } from './run-options.ts';
import { servingWarnings } from './serving-warnings.ts';

/** Runs until a signal, and answers with the exit code. */
export async function runPolicies(options: RunOptions): Promise<number> {
  // Whoever waited for `ready` may close the pipe; that is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const { plan, diagnostics, policyCount } = await loadPlan(options.file, options);
  reportDiagnostics(diagnostics);
  if (plan === undefined) return EXIT_CODE.policyProblems;
  for (const line of servingWarnings(plan, options)) say(line);

  const found = await findEnvoy({ path: options.envoy, onProgress: say });
  if (found.warning !== undefined) say(`warning: ${found.warning}`);
  const signal = firstSignal();
  const served = await servePlan(plan, {
    ...options,
    upstream: options.upstream.default,
    upstreamsByHost: options.upstream.byHost,
    envoyPath: found.path,
    modulePath: resolve(options.module ?? modulePath()),
    ...(options.accessLog !== undefined && { accessLog: resolve(options.accessLog) }),
  });
  // Standard input can be read once only, so there is nothing to read again after an edit.
  const followed = options.file.includes('-') ? [] : options.file;
  const watcher =
    followed.length === 0
      ? undefined
      : await watchFiles(followed, followEdits(options, policyCount, served, say));
  for (const line of greeting(plan, served, found, followed)) say(line);
  process.stdout.write(`ready http://${formatSocketAddress(served.envoy.listenAddress)}\n`);

  const ended = await Promise.race([signal, served.envoy.exited]);
  await watcher?.close();
  if (typeof ended === 'string') {
    say(`${ended}: letting running requests finish`);
    await served.stop();
    return EXIT_CODE.ok;
  }
  const how = ended.signal === null ? `with exit code ${ended.code}` : `by ${ended.signal}`;
  say(`sluice run: Envoy ended ${how}; the end of its log:`);
  for (const line of served.envoy.lastLines()) say(`  ${line}`);
  await served.stop();
  return EXIT_CODE.environment;
}

/** Later ones change nothing: the end is on its way, and bounded. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((received) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, received);
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

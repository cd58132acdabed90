import { resolve } from 'node:path';
import type { Plan } from '../plan/plan.ts';
import type { EnvoyExit } from '../proxy/envoy-engine.ts';
import { modulePath } from '../proxy/module-path.ts';
import { versionWarning } from '../proxy/pinned-envoy.ts';
import { type ServedPlan, servePlan } from '../proxy/serve-plan.ts';
import { formatSocketAddress } from '../proxy/socket-address.ts';
import { watchFiles } from '../proxy/watch-files.ts';
import { chooseEngine } from './choose-engine.ts';
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

  const engine = await chooseEngine(options, say);
  const signals = nextSignals();
  const served = await servePlan(plan, {
    ...options,
    upstream: options.upstream.default,
    upstreamsByHost: options.upstream.byHost,
    engine,
    modulePath: resolve(options.module ?? modulePath()),
    ...(options.accessLog !== undefined && { accessLog: resolve(options.accessLog) }),
  });
  try {
    const warning = versionWarning(served.envoy.place, served.envoy.version);
    if (engine.version === undefined && warning !== undefined) say(`warning: ${warning}`);
    return await untilEnded(plan, policyCount, served, signals, options);
  } finally {
    await served.stop();
  }
}

/** Follows edits until a signal comes, which leaves Envoy to be stopped, or Envoy ends by itself. */
async function untilEnded(
  plan: Plan,
  policyCount: number,
  served: ServedPlan,
  signals: Signals,
  options: RunOptions,
): Promise<number> {
  // Standard input can be read once only, so there is nothing to read again after an edit.
  const followed = options.file.includes('-') ? [] : options.file;
  const watcher =
    followed.length === 0
      ? undefined
      : await watchFiles(followed, followEdits(options, policyCount, served, say));
  for (const line of greeting(plan, served, followed)) say(line);
  process.stdout.write(`ready http://${formatSocketAddress(served.envoy.listenAddress)}\n`);

  const ended = await Promise.race([signals.first, served.envoy.exited]);
  await watcher?.close();
  if (typeof ended === 'string') {
    say(`${ended}: letting running requests finish; a second signal ends them`);
    void signals.second.then(() => served.envoy.terminate());
    return EXIT_CODE.ok;
  }
  say(`sluice: Envoy ended${howItEnded(ended)}; the end of its log:`);
  for (const line of served.envoy.lastLines()) say(`  ${line}`);
  return EXIT_CODE.environment;
}

function howItEnded({ code, signal }: EnvoyExit): string {
  if (signal !== null) return ` by ${signal}`;
  return code === null ? ', and nobody can say how' : ` with exit code ${code}`;
}

interface Signals {
  first: Promise<NodeJS.Signals>;
  second: Promise<NodeJS.Signals>;
}

/** The first signal asks for an end, the second for a quick one; later ones change nothing. */
function nextSignals(): Signals {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let isFirst = true;
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, (signal) => {
      (isFirst ? first : second).resolve(signal);
      isFirst = false;
    });
  }
  return { first: first.promise, second: second.promise };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runSideBySide } from '../../bench/load/environment/side-by-side.ts';
import { envoy, findFortio } from '../../bench/load/environment/tools.ts';
import { loadPlan } from '../../host/src/cli/load-plan.ts';
import { reportDiagnostics } from '../../host/src/cli/report-diagnostics.ts';
import type { SocketAddress } from '../../host/src/index.ts';
import { modulePath } from '../../host/src/proxy/module-path.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { connectable, formatSocketAddress } from '../../host/src/proxy/socket-address.ts';
import { outcomePicture } from './picture.ts';
import { isAsPromised, type Outcome, outcomeTable } from './table.ts';
import { hostFor, promisedPerSecond, tokensPerSecond, trafficClasses } from './traffic-class.ts';

export interface DemoOptions {
  file: string;
  seconds: number;
  qps: number;
  connections: number;
  concurrency: number;
  listen: SocketAddress;
  out: string;
}

/** What the bucket holds at the beginning is gone by then. */
const leadSeconds = 2;

/** Answers with the exit code. */
export async function demoQuota(options: DemoOptions, signal: AbortSignal): Promise<number> {
  findFortio();
  const { plan, diagnostics } = await loadPlan([options.file], { strict: true });
  reportDiagnostics(diagnostics);
  if (plan === undefined) return 1;
  const scheduler = plan.plugin.quotaSchedulers?.[0];
  const classes = scheduler === undefined ? [] : trafficClasses(scheduler);
  if (scheduler === undefined || classes.length === 0) {
    throw new Error(`expected a QuotaSchedulingPolicy with workloads in ${options.file}, got none`);
  }

  const served = await servePlan(plan, {
    envoyPath: envoy.path,
    modulePath: modulePath(),
    listen: options.listen,
    admin: { host: '127.0.0.1', port: 0 },
    concurrency: options.concurrency,
  });
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  try {
    void served.envoy.exited.then(() => ended.abort());
    const url = `http://${formatSocketAddress(connectable(served.envoy.listenAddress))}/`;
    const host = hostFor(scheduler);
    say(
      `Envoy ${envoy.version}, ${options.concurrency} ${options.concurrency === 1 ? 'worker' : 'workers'}, ${url}`,
    );
    const clients = classes.map(({ name, headers }) => ({
      name,
      url,
      headers: [`Host:${host}`, ...headers],
      connections: options.connections,
      requestsPerSecond: options.qps,
    }));
    for (const { headers, name } of clients) {
      const given = headers.map((header) => `-H '${header}'`).join(' ');
      say(`  ${name}: fortio load -qps ${options.qps} -c ${options.connections} ${given} ${url}`);
    }
    say('waiting until all loads are under way, and for what the bucket held to be used up');
    const window = await runSideBySide({
      clients,
      seconds: options.seconds,
      leadSeconds,
      onProgress: progress(options.seconds),
      signal: stop,
    });
    if (signal.aborted) {
      say(`${signal.reason}: ended`);
      return 130;
    }
    if (ended.signal.aborted) {
      throw new Error(`Envoy ended meanwhile; the end of its log:\n${served.envoy.lastLines().join('\n')}`);
    }
    const quota = tokensPerSecond(scheduler);
    const promised = promisedPerSecond(classes, quota, options.qps);
    report({ window, classes, quota, askedPerSecond: options.qps, promised }, scheduler.name, options);
    return 0;
  } finally {
    await served.stop();
  }
}

function report(outcome: Outcome, policy: string, options: DemoOptions): void {
  const { window, quota } = outcome;
  const verdict = isAsPromised(outcome);
  const out = resolve(options.out);
  const workers = `${options.concurrency} ${options.concurrency === 1 ? 'worker' : 'workers'}`;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(
    out,
    outcomePicture(outcome, `${policy}: ${options.qps}/s of each class, ${workers} of Envoy`),
  );
  process.stdout.write(
    [
      '',
      `${policy}, ${Math.round(quota * 100) / 100} tokens a second, over ${window.seconds.toFixed(1)} s with ${workers}:`,
      '',
      outcomeTable(outcome),
      '',
      `fortio waits for the answer on each of its ${options.connections} connections, so it sends less than asked while they are held.`,
      verdict === undefined
        ? 'Floors, caps or the strict tier decide too, so no figures are promised.'
        : `${verdict ? 'As promised' : 'Not as promised'} (within 10 %).`,
      `picture: ${out}`,
      '',
    ].join('\n'),
  );
}

/** One line a few seconds; on a terminal one line that changes every second. */
function progress(seconds: number) {
  let before = new Map<string, number>();
  return (elapsedSeconds: number, answered: ReadonlyMap<string, number>): void => {
    const elapsed = Math.round(elapsedSeconds);
    if (elapsed === 0) before = new Map(answered);
    const rates = [...answered].map(
      ([name, count]) => `${name} ${((count - before.get(name)!) / Math.max(elapsed, 1)).toFixed(1)}/s`,
    );
    const line = `measuring: ${elapsed} of ${seconds} s  ${elapsed === 0 ? '' : rates.join('  ')}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}${elapsed >= seconds ? '\n' : ''}`);
    else if (elapsed % 5 === 0 || elapsed >= seconds) say(line);
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

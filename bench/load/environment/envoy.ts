import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrap, type HttpFilter, type VirtualHost } from './bootstrap.ts';
import { freePort } from './ports.ts';
import { stopProcess } from './stop-process.ts';
import { envoy } from './tools.ts';

const startSeconds = 60;

export interface StartedEnvoy {
  /** `host:port` of its listener. */
  address: string;
  url: string;
  adminUrl: string;
  processId: number;
  logPath: string;
  stop(): Promise<void>;
}

export interface StartEnvoyOptions {
  /** Requests go on to a second listener of the same Envoy. Default false. */
  hasUpstream?: boolean;
  /** Worker threads. Default 1. */
  workers?: number;
  /** What is logged, as words of Envoy's command line. Default: errors. */
  logOptions?: string[];
}

/** One Envoy with the filters given, and direct responses: nothing but the proxy itself is measured. */
export async function startEnvoy(
  httpFilters: HttpFilter[],
  virtualHosts: VirtualHost[],
  { hasUpstream = false, workers = 1, logOptions = ['--log-level', 'error'] }: StartEnvoyOptions = {},
): Promise<StartedEnvoy> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const configurationPath = join(folder, 'envoy.json');
  const logPath = join(folder, 'envoy.log');
  const [port, adminPort] = [await freePort(), await freePort()];
  const upstreamPort = hasUpstream ? await freePort() : undefined;
  writeFileSync(
    configurationPath,
    JSON.stringify(bootstrap({ port, adminPort, httpFilters, virtualHosts, upstreamPort })),
  );
  const log = openSync(logPath, 'w');
  const child = spawn(
    envoy.path,
    ['-c', configurationPath, '--concurrency', `${workers}`, '--use-dynamic-base-id', ...logOptions],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const stop = async () => {
    await stopProcess(child);
    rmSync(folder, { recursive: true });
  };
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  try {
    await untilReady(child, `${adminUrl}/ready`);
  } catch (error) {
    const lines = readFileSync(logPath, 'utf8').slice(-4000);
    await stop();
    throw new Error(`${(error as Error).message}\n${lines}`);
  }
  const address = `127.0.0.1:${port}`;
  return { address, url: `http://${address}/`, adminUrl, processId: child.pid!, logPath, stop };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + startSeconds * 1000;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) {
      return;
    }
    await sleep(50);
  }
  throw new Error(`Expected Envoy to be ready in ${startSeconds} s, got exit code ${child.exitCode}`);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFortio } from './tools.ts';

export interface FortioClient {
  name: string;
  url: string;
  /** `name:value`; `Host:…` sets the authority. */
  headers: string[];
  /** Each has one request under way at most. */
  connections: number;
  requestsPerSecond: number;
  /** Ends by itself after so long, should nobody stop it. Default ten minutes. */
  mostSeconds?: number;
}

/** One request that has been answered. */
export interface Answered {
  /** Milliseconds since 1970, with fractions. */
  sentAt: number;
  answeredAt: number;
  latencyMillis: number;
  /** −1: the connection failed. */
  status: number;
}

export interface RunningFortio {
  client: FortioClient;
  /** How many requests have been answered; those of the warm-up are not among them. */
  readonly answeredCount: number;
  /** Settles when its warm-up is over and the first request has been answered. */
  untilRunning(): Promise<void>;
  /** Ends it as Ctrl-C does: requests under way get their answer. */
  stop(): Promise<Answered[]>;
}

const startSeconds = 60;
const stopSeconds = 30;

/** fortio, until it is stopped. Its access log says when each request was sent and how long its answer took. */
export function startFortio(client: FortioClient): RunningFortio {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fortio-'));
  const logPath = join(folder, 'requests.log');
  const child = spawn(
    findFortio(),
    [
      'load',
      ...client.headers.flatMap((header) => ['-H', header]),
      ...['-c', `${client.connections}`, '-qps', `${client.requestsPerSecond}`],
      ...['-t', `${client.mostSeconds ?? 600}s`],
      // A held request outlives fortio's own patience of 3 s.
      ...['-timeout', '60s', '-uniform', '-nocatchup', '-allow-initial-errors'],
      ...['-log-errors=false', '-quiet', '-access-log-file', logPath, client.url],
    ],
    // Of its own group: Ctrl-C in a terminal is for us, and we end it when it is time.
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-4000);
  });
  child.on('error', ({ message }) => {
    complaints += message;
  });
  const ended = once(child, 'exit');
  ended.catch(() => {});
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const read = () => (existsSync(logPath) ? readFileSync(logPath, 'utf8').split('\n').slice(0, -1) : []);
  return {
    client,
    get answeredCount() {
      return read().length;
    },
    async untilRunning() {
      const deadline = Date.now() + startSeconds * 1000;
      while (!(existsSync(logPath) && statSync(logPath).size > 0)) {
        if (!isRunning()) {
          throw new Error(`Expected fortio to run for ${client.name}, got its end:\n${complaints}`);
        }
        if (Date.now() > deadline) {
          throw new Error(
            `Expected an answer to a request of ${client.name} within ${startSeconds} s, got none`,
          );
        }
        await sleep(20);
      }
    },
    async stop() {
      if (isRunning()) {
        child.kill('SIGINT');
        const force = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000);
        await ended;
        clearTimeout(force);
      }
      const lines = read();
      rmSync(folder, { recursive: true, force: true });
      return lines.map(parseLine);
    },
  };
}

function parseLine(line: string): Answered {
  const { latency, timestamp, details } = JSON.parse(line) as {
    latency: number;
    timestamp: number;
    details: string;
  };
  const sentAt = timestamp / 1e6;
  const status = Number(details);
  return {
    sentAt,
    answeredAt: sentAt + latency * 1000,
    latencyMillis: latency * 1000,
    status: Number.isInteger(status) ? status : -1,
  };
}

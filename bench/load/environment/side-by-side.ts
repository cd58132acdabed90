import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../report/statistics.ts';
import { type Answered, type FortioClient, type RunningFortio, startFortio } from './fortio-client.ts';

export interface SideBySide {
  clients: FortioClient[];
  /** How long the window is in which all of them run. */
  seconds: number;
  /** Before it opens all have run for so long: what the bucket held at the beginning is gone. */
  leadSeconds: number;
  /** Called when the window opens, when it closes, and about every second in between. */
  onProgress?(elapsedSeconds: number, answered: ReadonlyMap<string, number>): Promise<void> | void;
  /** Ends the window early. */
  signal?: AbortSignal;
}

/** How long the last load may take to get under way, while the others run already. */
const startSeconds = 120;

/** What one client saw of the window. */
export interface WindowOfClient {
  client: FortioClient;
  /** All requests, from before the window too. */
  requests: Answered[];
  /** Sent in the window. */
  offered: number;
  /** Answered with 200 in the window. */
  admitted: number;
  /** Answered with something else in the window. */
  refused: number;
  /** Milliseconds from request to answer of those admitted in the window. */
  latency(percent: number): number;
}

export interface Window {
  /** Milliseconds since 1970. */
  openedAt: number;
  closedAt: number;
  seconds: number;
  clients: WindowOfClient[];
}

/**
 * Loads that share a quota, over a time in which all of them run. fortio sends a request over each connection before it
 * begins to count; when those are held, loads started together begin seconds apart, so the window opens when the last of
 * them is under way and closes before the first one ends.
 */
export async function runSideBySide(load: SideBySide): Promise<Window> {
  const running: RunningFortio[] = [];
  let requests: Answered[][];
  let [openedAt, closedAt] = [0, 0];
  try {
    const mostSeconds = startSeconds + load.leadSeconds + load.seconds;
    for (const client of load.clients) running.push(startFortio({ mostSeconds, ...client }));
    await Promise.all(running.map((each) => each.untilRunning()));
    await pause(load.leadSeconds * 1000, load.signal);
    await load.onProgress?.(0, countAnswers(running));
    openedAt = Date.now();
    for (let second = 1; second < load.seconds && !load.signal?.aborted; second++) {
      await pause(openedAt + second * 1000 - Date.now(), load.signal);
      await load.onProgress?.(second, countAnswers(running));
    }
    await pause(openedAt + load.seconds * 1000 - Date.now(), load.signal);
    closedAt = Date.now();
    await load.onProgress?.((closedAt - openedAt) / 1000, countAnswers(running));
  } finally {
    requests = await Promise.all(running.map((each) => each.stop()));
  }
  const clients = load.clients.map((client, index) => windowOf(client, requests[index]!, openedAt, closedAt));
  return { openedAt, closedAt, seconds: (closedAt - openedAt) / 1000, clients };
}

function windowOf(
  client: FortioClient,
  requests: Answered[],
  openedAt: number,
  closedAt: number,
): WindowOfClient {
  const isWithin = (at: number) => at >= openedAt && at < closedAt;
  const answered = requests.filter(({ answeredAt }) => isWithin(answeredAt));
  const admitted = answered.filter(({ status }) => status === 200);
  const latencies = admitted.map(({ latencyMillis }) => latencyMillis).sort((left, right) => left - right);
  return {
    client,
    requests,
    offered: requests.filter(({ sentAt }) => isWithin(sentAt)).length,
    admitted: admitted.length,
    refused: answered.length - admitted.length,
    latency: (percent) => percentile(latencies, percent),
  };
}

function countAnswers(running: RunningFortio[]): Map<string, number> {
  return new Map(running.map((each) => [each.client.name, each.answeredCount]));
}

async function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(Math.max(0, millis), undefined, { ...(signal !== undefined && { signal }) }).catch(() => {});
}

import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answered } from './fortio-client.ts';

/** Requests that come when they come, whether those before have been answered or not. */
export interface OpenLoad {
  port: number;
  headers: Record<string, string>;
  /** What is offered, one step after the other. */
  steps: { requestsPerSecond: number; seconds: number }[];
}

const connections = 8;
const stepMillis = 1;
/** How long answers may take after the last request. */
const patienceMillis = 20_000;

/** Evenly spaced over eight HTTP/2 connections; calls back when each step begins (milliseconds since 1970). */
export async function runOpenLoad(
  load: OpenLoad,
  onStep: (step: number, at: number) => void = () => {},
): Promise<Answered[]> {
  const sessions = await Promise.all(Array.from({ length: connections }, () => openSession(load.port)));
  const answers: Answered[] = [];
  let sent = 0;
  try {
    for (const [index, { requestsPerSecond, seconds }] of load.steps.entries()) {
      const start = preciseNow();
      onStep(index, start);
      for (let sentInStep = 0; ; ) {
        const elapsedSeconds = (preciseNow() - start) / 1000;
        const due = Math.floor(Math.min(elapsedSeconds, seconds) * requestsPerSecond);
        for (; sentInStep < due; sentInStep++) {
          send(sessions[sent++ % connections]!, load.headers, (answer) => answers.push(answer));
        }
        if (elapsedSeconds >= seconds) break;
        await sleep(stepMillis);
      }
    }
    const deadline = Date.now() + patienceMillis;
    while (answers.length < sent && Date.now() < deadline) await sleep(10);
  } finally {
    for (const session of sessions) session.destroy();
  }
  if (answers.length < sent) {
    throw new Error(`Expected ${sent} answers within ${patienceMillis} ms, got ${answers.length}`);
  }
  return answers;
}

function send(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  answer: (answered: Answered) => void,
): void {
  const sentAt = preciseNow();
  let status = -1;
  const stream = session.request({ ':path': '/', ...headers });
  stream.on('response', (received) => {
    status = Number(received[':status']);
    const answeredAt = preciseNow();
    answer({ sentAt, answeredAt, latencyMillis: answeredAt - sentAt, status });
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    if (status === -1) answer({ sentAt, answeredAt: preciseNow(), latencyMillis: 0, status });
  });
  stream.resume();
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  return session.on('error', () => {});
}

/** Milliseconds since 1970, with fractions. */
const preciseNow = (): number => performance.timeOrigin + performance.now();

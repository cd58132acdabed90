import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const patienceMillis = 10_000;

/** SIGTERM, and SIGKILL to one that has not ended in ten seconds. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMillis);
  await ended;
  clearTimeout(impatience);
}

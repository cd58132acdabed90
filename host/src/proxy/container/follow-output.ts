import { closeSync, openSync, writeSync } from 'node:fs';
import type { ContainerRuntimeClient } from 'testcontainers';

/**
 * What the container writes goes where that of a process would: standard output to ours, where the access log may be, and
 * standard error into the log. Settles once it follows, with a promise of the end.
 */
export async function followOutput(
  container: ReturnType<ContainerRuntimeClient['container']['getById']>,
  logPath: string,
): Promise<{ ended: Promise<void> }> {
  const log = openSync(logPath, 'a');
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  // At once, so that the log is there before anybody acts upon what it says.
  container.modem.demuxStream(stream, process.stdout, { write: (chunk: Buffer) => writeSync(log, chunk) });
  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('end', resolve);
    // The engine has ended; the container's end says the rest.
    stream.once('error', () => resolve());
  });
  return { ended: ended.then(() => closeSync(log)) };
}

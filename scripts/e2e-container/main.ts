/**
 * Runs test/heavy/container against a container engine: the one that DOCKER_HOST names, else a Podman that is set up for
 * it on Debian and ended with it. Nothing of the machine's own container settings, images and containers is touched.
 *
 *   make e2e-container
 */
import { join } from 'node:path';
import { packageRoot } from '../../host/src/proxy/package-root.ts';
import { runProgram } from './run-program.ts';
import { startPodman } from './start-podman.ts';

// They end the program that runs (`run-program.ts`), and then what was started is ended as always.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const named = process.env.DOCKER_HOST;
if (named !== undefined) {
  say(`using the engine at ${named}, as DOCKER_HOST says`);
  process.exitCode = await runTests({});
} else {
  const podman = await startPodman(say);
  try {
    process.exitCode = await runTests(podman.environment);
  } finally {
    say('ending Podman');
    const left = await podman.stop();
    if (left.length > 0) {
      say(`expected no container to be left, got ${left.join(' ')}`);
      process.exitCode = 1;
    }
  }
}

function runTests(environment: NodeJS.ProcessEnv): Promise<number> {
  say('running test/heavy/container');
  const vitest = join(packageRoot(), 'node_modules/vitest/vitest.mjs');
  const words = ['run', '--config', 'vitest.heavy.config.ts', 'test/heavy/container'];
  return runProgram(process.execPath, [vitest, ...words], environment);
}

function say(line: string): void {
  process.stderr.write(`» ${line}\n`);
}

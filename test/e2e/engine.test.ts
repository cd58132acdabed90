import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SluiceProcess } from './sluice-process.ts';

// With an engine: test/heavy/container.
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
  file = join(folder, 'limits.yaml');
  await writeFile(
    file,
    `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: limits, namespace: default}
spec:
  rules:
  - name: all
    limit: {tokenBucket: {maxTokens: 1, fillInterval: 1h}}
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(words: string[], environment: NodeJS.ProcessEnv = {}): SluiceProcess {
  const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  return new SluiceProcess(['run', '-f', file, ...anyPorts, ...words], environment);
}

describe('sluice run --engine', () => {
  test('container without an engine says what was expected, what was found, and what needs none', async () => {
    const socket = join(folder, 'nobody.sock');
    await using sluice = run(['--engine', 'container'], { DOCKER_HOST: `unix://${socket}` });
    expect(await sluice.exited).toBe(2);
    expect(sluice.stdout).toBe('');
    expect(sluice.stderr).toBe(
      `sluice: --engine container: expected a Docker or Podman that answers on its socket, found none:
  DOCKER_HOST is unix://${socket}, which does not exist
  Start one, or name its socket with DOCKER_HOST=unix:///PATH. --engine local, the default, needs none.
`,
    );
  });

  // Where Docker runs, it is found without being named.
  test.skipIf(existsSync('/var/run/docker.sock'))(
    'container names the Podman it has not been told of',
    async () => {
      const socket = join(folder, 'podman/podman.sock');
      await mkdir(join(folder, 'podman'));
      const podman = createServer((_, response) => response.end('OK'));
      await new Promise<void>((resolve) => podman.listen(socket, resolve));
      onTestFinished(() => void podman.close());
      await using sluice = run(['--engine', 'container'], {
        DOCKER_HOST: undefined,
        XDG_RUNTIME_DIR: folder,
      });
      expect(await sluice.exited).toBe(2);
      expect(sluice.stderr).toContain('DOCKER_HOST is not set\n  /var/run/docker.sock does not exist\n');
      expect(sluice.stderr).toContain(`${socket} answers, and DOCKER_HOST=unix://${socket} would name it`);
    },
  );

  test('container refuses an engine on another machine, which could not mount our files', async () => {
    await using sluice = run(['--engine', 'container'], { DOCKER_HOST: 'tcp://engine.example:2375' });
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain(
      'expected DOCKER_HOST to name an engine on this machine, whose files it mounts, got tcp://engine.example:2375',
    );
  });

  test.each([
    [['--engine', 'container', '--envoy', '/usr/bin/envoy'], '--envoy with --engine local only'],
    [['--engine', 'local', '--image', 'envoy'], '--image with --engine container only'],
    [['--engine', 'chroot'], 'Allowed choices are local, container'],
  ])('%s is refused', async (words, message) => {
    await using sluice = run(words);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain(message);
  });
});

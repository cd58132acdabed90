import { execFile } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Takes etcd out of Debian's package, without installing it: that would start a service. */
export async function unpackEtcd(folder: string, say: (line: string) => void): Promise<void> {
  const path = join(folder, 'etcd');
  if (existsSync(path)) return;
  say("getting etcd (Debian's etcd-server)");
  const work = await mkdtemp(join(folder, '.etcd-'));
  try {
    await download(work, say);
    const archive = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get reported success but left no package');
    await run('dpkg-deb', ['--extract', join(work, archive), join(work, 'files')]);
    copyFileSync(join(work, 'files/usr/bin/etcd'), path);
    await chmod(path, 0o755);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A fresh machine has no package lists yet. */
async function download(folder: string, say: (line: string) => void): Promise<void> {
  const fetch = () =>
    run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', 'etcd-server'], { cwd: folder });
  try {
    await fetch();
  } catch {
    say('getting the package lists');
    await run('apt-get', ['update']);
    await fetch();
  }
}

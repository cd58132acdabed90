import { closeSync, openSync } from 'node:fs';
import type { EnvoyLaunch } from '../envoy-engine.ts';

export interface Mount {
  source: string;
  target: string;
  mode: 'ro' | 'rw';
}

/** What Envoy reads and writes, under the paths it has here: so nothing has to be translated. */
export function mountsFor({ folder, modulePath, accessLog }: EnvoyLaunch): Mount[] {
  const mounts = [mount(folder, 'rw'), mount(modulePath, 'ro')];
  // `/dev/stdout` and the like are the container's own.
  if (accessLog === undefined || accessLog.startsWith('/dev/')) return mounts;
  // The engine would make a folder of a file that is not there yet.
  closeSync(openSync(accessLog, 'a'));
  return [...mounts, mount(accessLog, 'rw')];
}

function mount(path: string, mode: Mount['mode']): Mount {
  return { source: path, target: path, mode };
}

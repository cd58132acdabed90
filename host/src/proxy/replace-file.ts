import type { XdsFile } from '../envoy/files.ts';
import type { AdminClient } from './admin-client.ts';
import type { EnvoyLog } from './envoy-log.ts';
import { poll } from './poll.ts';
import type { XdsDirectory } from './xds-directory.ts';

export type Verdict = { accepted: true } | { accepted: false; reason: string };

/** The prefix of the subscription's statistics. */
const subscriptions: Record<XdsFile['name'], string> = {
  'clusters.json': 'cluster_manager\\.cds',
  'filter.json': 'extension_config_discovery\\.http_filter\\.sluice',
  'routes.json': 'http\\.[^.]+\\.rds\\.sluice',
  'routes-local.json': 'http\\.[^.]+\\.rds\\.sluice-local',
};

interface Subscription {
  version: string;
  attempts: number;
  refused: number;
}

/**
 * Replaces one file and waits for Envoy's word on it. The statistics tell the truth here, not `/config_dump`: the
 * dump shows a filter configuration that Envoy has refused as if it were in force.
 */
export async function replaceFile(
  file: XdsFile,
  { directory, admin, log, withinMillis, reasons }: ReplaceContext,
): Promise<Verdict> {
  const before = await subscription(file.name, admin);
  const logPosition = log.end;
  await directory.replace(file);
  const verdict = await poll(
    async (): Promise<'accepted' | 'refused' | undefined> => {
      const now = await subscription(file.name, admin);
      if (now.attempts === before.attempts) return undefined;
      if (now.refused > before.refused) return 'refused';
      return now.version === file.version ? 'accepted' : undefined;
    },
    { withinMillis },
  );
  if (verdict === 'accepted') {
    if (file.name === 'clusters.json') await untilWarm(admin, withinMillis);
    return { accepted: true };
  }
  const problems = await poll(
    () => {
      const found = log.problemsSince(logPosition);
      return found.length > 0 ? found : undefined;
    },
    { withinMillis: verdict === 'refused' ? 200 : 0 },
  );
  const silence = `Envoy did not take ${file.name} within ${withinMillis} ms`;
  const reason =
    reasons.get(file.version) ??
    problems?.join('; ') ??
    (verdict === 'refused' ? 'Envoy gave no reason' : silence);
  if (verdict === 'refused') {
    reasons.clear();
    reasons.set(file.version, reason);
  }
  return { accepted: false, reason };
}

/** A cluster whose servers are being looked up takes no requests yet, so no route may name it before that is done. */
async function untilWarm(admin: AdminClient, withinMillis: number): Promise<void> {
  await poll(
    async () => {
      const stats = await admin.stats('^cluster_manager\\.warming_clusters$');
      return [...stats.values()].every((count) => count === '0') ? true : undefined;
    },
    { withinMillis },
  );
}

export interface ReplaceContext {
  directory: XdsDirectory;
  admin: AdminClient;
  log: EnvoyLog;
  withinMillis: number;
  /** Why the version last refused was refused: Envoy does not ask the module again about a configuration it knows. */
  reasons: Map<string, string>;
}

/** What Envoy has in force of a file; empty before the first. */
export async function versionInForce(name: XdsFile['name'], admin: AdminClient): Promise<string> {
  return (await subscription(name, admin)).version;
}

async function subscription(name: XdsFile['name'], admin: AdminClient): Promise<Subscription> {
  const prefix = subscriptions[name];
  const stats = await admin.stats(`^${prefix}\\.(version_text|update_(attempt|rejected|failure))$`);
  const value = (suffix: string) => [...stats].find(([key]) => key.endsWith(`.${suffix}`))?.[1] ?? '';
  return {
    version: value('version_text'),
    attempts: Number(value('update_attempt')),
    refused: Number(value('update_rejected')) + Number(value('update_failure')),
  };
}

import { rulesOfPlugin } from '../plan/rule-lists.ts';
import { type EnvoyFiles, watchedFiles, type XdsFile, xdsFile } from './files.ts';
import type { JsonObject } from './json.ts';
import { overlapPlugins } from './overlap-plugins.ts';

export interface UpdateStep {
  file: XdsFile;
  /** An optional step that Envoy refuses is left out; any other refusal ends the update. */
  optional: boolean;
}

/**
 * The files to replace, one after the other, so that no request in between fails or goes without the limit it has
 * before and after: clusters come before the routes that name them and go after; a rule that names routes holds
 * before the routes change and until they have; a header rule that moves between filter and routes is in one or both.
 */
export function updateSteps(current: EnvoyFiles, next: EnvoyFiles): UpdateStep[] {
  const steps: UpdateStep[] = [];
  const add = (file: XdsFile, optional = false) => {
    const before = steps.findLast((step) => step.file.name === file.name)?.file ?? fileOf(current, file.name);
    if (before.version !== file.version) steps.push({ file, optional });
  };
  if (routesChange(current, next)) {
    add(withClustersOfBoth(current.clusters, next.clusters));
    if (namesRoutes(current) || namesRoutes(next) || dropsHeaderRules(current, next)) {
      add(next.filterFor(overlapPlugins(current.plugin, next.plugin)), true);
    } else if (current.filter.version !== next.filter.version) {
      // Not `next.filter`: it may leave hosts to routes that are not there yet.
      add(next.filterFor(next.plugin));
    }
    add(next.routes);
    if (next.routesLocal !== undefined) add(next.routesLocal);
  }
  add(next.filter);
  add(next.clusters);
  return steps;
}

function fileOf(files: EnvoyFiles, name: XdsFile['name']): XdsFile {
  return watchedFiles(files).find((file) => file.name === name)!;
}

function routesChange(current: EnvoyFiles, next: EnvoyFiles): boolean {
  return (
    current.routes.version !== next.routes.version ||
    current.routesLocal?.version !== next.routesLocal?.version
  );
}

function namesRoutes({ plugin }: EnvoyFiles): boolean {
  return rulesOfPlugin(plugin).some((rule) => rule.routes !== undefined);
}

/** A header rule that the filter no longer has may be one of the routes now. */
function dropsHeaderRules(current: EnvoyFiles, next: EnvoyFiles): boolean {
  const kept = new Set(next.plugin.headerRules?.map(({ name }) => name));
  return (current.plugin.headerRules ?? []).some(({ name }) => !kept.has(name));
}

function withClustersOfBoth(current: XdsFile, next: XdsFile): XdsFile {
  const nextClusters = next.response.resources as JsonObject[];
  const names = new Set(nextClusters.map((cluster) => cluster.name));
  const leaving = (current.response.resources as JsonObject[]).filter(({ name }) => !names.has(name));
  return leaving.length === 0 ? next : xdsFile('clusters.json', [...nextClusters, ...leaving]);
}

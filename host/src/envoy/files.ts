import { createHash } from 'node:crypto';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import type { JsonObject } from './json.ts';

/** What Envoy reads: the bootstrap once, the others again whenever they are replaced. */
export interface EnvoyFiles {
  bootstrap: JsonObject;
  clusters: XdsFile;
  filter: XdsFile;
  routes: XdsFile;
  /** Those of the local listener, where there is one. */
  routesLocal?: XdsFile;
  /**
   * What the filter does, with all hosts named: right beside any routes, so that a safe order of changes can be worked
   * out. The filter file may leave hosts to these routes.
   */
  plugin: PluginConfiguration;
  /** Writes another plugin configuration into the same filter file. */
  filterFor(plugin: PluginConfiguration): XdsFile;
}

/** One `DiscoveryResponse` in a file of its own. */
export interface XdsFile {
  name: 'clusters.json' | 'filter.json' | 'routes.json' | 'routes-local.json';
  /** Hash of the content: equal versions are equal files, and Envoy's admin reports it back. */
  version: string;
  response: JsonObject;
}

/** All that Envoy watches, in the order in which they may be put in place: what is named comes before what names it. */
export function watchedFiles({ clusters, filter, routes, routesLocal }: EnvoyFiles): XdsFile[] {
  return [clusters, filter, routes, ...(routesLocal === undefined ? [] : [routesLocal])];
}

export function xdsFile(name: XdsFile['name'], resources: JsonObject[]): XdsFile {
  const version = createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
  return { name, version, response: { version_info: version, resources } };
}

/** The text of one file, stable for equal input. */
export function printFile(content: JsonObject): string {
  return `${JSON.stringify(content, null, 1)}\n`;
}

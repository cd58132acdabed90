import type { HeaderEdit, PluginConfiguration } from './plugin-configuration.ts';

/** What the policies ask for, independent of where it will run. Translators read this and nothing before it. */
export interface Plan {
  plugin: PluginConfiguration;
  /** Most exact first; the last one is always the catch-all with domain `*`. */
  virtualHosts: PlannedVirtualHost[];
}

export interface PlannedVirtualHost {
  /** Unique in the plan; what `match.vhost.name` says, `*` for the catch-all. */
  name: string;
  /** Authorities without port, lower case; no domain stands in two virtual hosts. */
  domains: string[];
  /** At least one; the last matches every path. */
  routes: PlannedRoute[];
  /** What the virtual host does to its requests' headers itself, after all filters. Translators add it. */
  requestHeaderEdits?: HeaderEdit[];
}

export interface PlannedRoute {
  /** Envoy's route name (`xds.route_name`). */
  name: string;
  pathPrefix: string;
  /** False: no rule can apply here, so the translator lets the route bypass the filter. */
  filtered: boolean;
}

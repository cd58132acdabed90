import type { HeaderEdit, PluginConfiguration } from './plugin-configuration.ts';
import type { ListenerName, PlannedDestination, RouteRouting } from './routing-plan.ts';

/** What the policies ask for, independent of where it will run. Translators read this and nothing before it. */
export interface Plan {
  plugin: PluginConfiguration;
  /** Most exact first; the last one is always the catch-all with domain `*`. */
  virtualHosts: PlannedVirtualHost[];
  /** Where routes with a `routing` go. Absent: none has one. */
  destinations?: PlannedDestination[];
}

export interface PlannedVirtualHost {
  /** Unique in the plan; what `match.vhost.name` says, `*` for the catch-all. */
  name: string;
  /** Authorities without port, lower case; no domain stands in two virtual hosts. */
  domains: string[];
  /** At least one; without a `routing` the last matches every path. */
  routes: PlannedRoute[];
  /** What the virtual host does to its requests' headers itself, after all filters. Translators add it. */
  requestHeaderEdits?: HeaderEdit[];
  /** Set when kinds that route ask for this host: the listeners that serve it. Absent: all of them. */
  listeners?: ListenerName[];
  /** On the external listener, clear text is answered with a redirect. */
  requireTls?: true;
  /** Of the catch-all, when kinds that route say which hosts there are: all others are unknown (404). */
  isUnknownHost?: true;
}

export interface PlannedRoute {
  /** Envoy's route name (`xds.route_name`). */
  name: string;
  /** What every path that the route takes begins with. */
  pathPrefix: string;
  /** False: no rule can apply here, so the translator lets the route bypass the filter. */
  filtered: boolean;
  /** What a kind that routes asks. Absent: all requests of the prefix go to the upstream of their host. */
  routing?: RouteRouting;
}

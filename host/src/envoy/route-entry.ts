import type {
  AnswerAction,
  ForwardAction,
  HashKey,
  PathMatch,
  PathRewrite,
  PlannedDestination,
  RedirectAction,
  RetryPolicy,
  RouteRouting,
  WeightedBackend,
} from '../plan/routing-plan.ts';
import { headerEdits } from './header-edits.ts';
import type { JsonObject } from './json.ts';
import { routeFilters } from './route-filters.ts';
import { routeMatch } from './route-match.ts';
import { fraction, seconds } from './units.ts';

/** For a route whose source does not say how long a request may take. */
export const routeTimeout = '15s';

/** A route as a kind that routes asks for it, without its name. `filters` are the filter settings it has anyway. */
export function routeEntry(
  routing: RouteRouting,
  destinations: ReadonlyMap<string, PlannedDestination>,
  idleTimeout: JsonObject,
  filters: JsonObject,
): JsonObject {
  const { match, action, response } = routing;
  const perFilter = { ...filters, ...routeFilters(routing) };
  const none = { set: [], add: [], remove: [] };
  const entry = { match: routeMatch(match), ...withFilters(perFilter) };
  switch (action.kind) {
    case 'forward':
      return { ...entry, ...forward(action, match.path, destinations, idleTimeout) };
    case 'redirect':
      return { ...entry, redirect: redirect(action, match.path), ...headerEdits(none, response ?? none) };
    case 'answer':
      return { ...entry, direct_response: answer(action), ...headerEdits(none, response ?? none) };
  }
}

function withFilters(perFilter: JsonObject): JsonObject {
  return Object.keys(perFilter).length === 0 ? {} : { typed_per_filter_config: perFilter };
}

function forward(
  action: ForwardAction,
  path: PathMatch,
  destinations: ReadonlyMap<string, PlannedDestination>,
  idleTimeout: JsonObject,
): JsonObject {
  const [only, ...others] = action.backends;
  const isAlone = others.length === 0;
  const hash = hashPolicy(action.backends, destinations);
  return {
    route: {
      ...(isAlone
        ? { cluster: only!.backend, ...hostRewrite(only!) }
        : { weighted_clusters: { clusters: action.backends.map(weightedCluster) } }),
      timeout: action.timeoutMillis === undefined ? routeTimeout : seconds(action.timeoutMillis),
      ...idleTimeout,
      ...(action.idleTimeoutMillis !== undefined && { idle_timeout: seconds(action.idleTimeoutMillis) }),
      ...(action.retries !== undefined && { retry_policy: retryPolicy(action.retries) }),
      ...(action.mirrors !== undefined &&
        action.mirrors.length > 0 && {
          request_mirror_policies: action.mirrors.map(({ backend, millionths }) => ({
            cluster: backend,
            runtime_fraction: { default_value: fraction(millionths) },
          })),
        }),
      ...(action.rewrite !== undefined && pathRewrite(action.rewrite, path)),
      ...(hash.length > 0 && { hash_policy: hash }),
    },
    ...(isAlone && headerEdits(only!.request, only!.response)),
  };
}

function weightedCluster(each: WeightedBackend): JsonObject {
  return {
    name: each.backend,
    weight: each.weight,
    ...headerEdits(each.request, each.response),
    ...hostRewrite(each),
  };
}

function hostRewrite({ hostRewrite }: WeightedBackend): JsonObject {
  return hostRewrite === undefined ? {} : { host_rewrite_literal: hostRewrite };
}

/** The route decides what is hashed, whichever of its clusters is chosen. */
function hashPolicy(
  backends: readonly WeightedBackend[],
  destinations: ReadonlyMap<string, PlannedDestination>,
): JsonObject[] {
  const keys = backends.flatMap(({ backend }) => destinations.get(backend)?.loadBalancer?.hash ?? []);
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()].map(hashKey);
}

function hashKey(key: HashKey): JsonObject {
  switch (key.on) {
    case 'header':
      return { header: { header_name: key.name } };
    case 'query':
      return { query_parameter: { name: key.name } };
    case 'cookie':
      return {
        cookie: {
          name: key.name,
          ...(key.path !== undefined && { path: key.path }),
          ...(key.ttlMillis !== undefined && { ttl: seconds(key.ttlMillis) }),
        },
      };
    case 'sourceAddress':
      return { connection_properties: { source_ip: true } };
  }
}

function retryPolicy(retries: RetryPolicy): JsonObject {
  return {
    retry_on: retries.on,
    num_retries: retries.attempts,
    ...(retries.statuses.length > 0 && { retriable_status_codes: retries.statuses }),
    ...(retries.perTryTimeoutMillis !== undefined && {
      per_try_timeout: seconds(retries.perTryTimeoutMillis),
    }),
    ...(retries.backoffMillis !== undefined && {
      retry_back_off: { base_interval: seconds(retries.backoffMillis) },
    }),
    ...(retries.avoidPreviousHosts === true && {
      retry_host_predicate: [
        {
          name: 'envoy.retry_host_predicates.previous_hosts',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
          },
        },
      ],
      host_selection_retry_max_attempts: 5,
    }),
  };
}

/**
 * Envoy puts the new text in the place of what the match compared. A prefix replaced by `/` would leave two slashes
 * (`/a/b` → `//b`), so there an expression takes the slash, too.
 */
function pathRewrite(rewrite: PathRewrite, path: PathMatch): JsonObject {
  switch (rewrite.replace) {
    case 'regex':
      return regexRewrite(rewrite.expression, rewrite.with);
    case 'full':
      return regexRewrite('^/.*$', literal(rewrite.with));
    case 'prefix': {
      const prefix = path.value.replace(/\/+$/, '');
      if (path.is !== 'segments') return { prefix_rewrite: rewrite.with };
      if (prefix === '') return regexRewrite('^/', literal(`${rewrite.with.replace(/\/+$/, '')}/`));
      const replacement = rewrite.with.replace(/\/+$/, '');
      if (replacement !== '') return { prefix_rewrite: replacement };
      return regexRewrite(`^${escaped(prefix)}/*`, '/');
    }
  }
}

function regexRewrite(regex: string, substitution: string): JsonObject {
  return { regex_rewrite: { pattern: { regex }, substitution } };
}

function literal(text: string): string {
  return text.replaceAll('\\', '\\\\');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function redirect(action: RedirectAction, path: PathMatch): JsonObject {
  const codes: Record<number, string> = {
    301: 'MOVED_PERMANENTLY',
    302: 'FOUND',
    303: 'SEE_OTHER',
    307: 'TEMPORARY_REDIRECT',
    308: 'PERMANENT_REDIRECT',
  };
  const { path: rewrite } = action;
  return {
    ...(action.scheme !== undefined && { scheme_redirect: action.scheme }),
    ...(action.host !== undefined && { host_redirect: action.host }),
    ...(action.port !== undefined && { port_redirect: action.port }),
    ...(rewrite !== undefined &&
      (rewrite.replace === 'full' ? { path_redirect: rewrite.with } : pathRewrite(rewrite, path))),
    response_code: codes[action.status],
  };
}

function answer({ status, body }: AnswerAction): JsonObject {
  return { status, ...(body !== undefined && { body: { inline_string: body } }) };
}

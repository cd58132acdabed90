import { quote } from '../describe-value.ts';
import { didYouMean } from '../did-you-mean.ts';
import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { envoyExpression, groupsOf } from '../fields/routing.ts';
import { error, type Rule, warning } from '../rule.ts';

const HTTP = fieldPattern('spec.http[]');
const RETRY_ON = fieldPattern('spec.http[].retries.retryOn');
const REDIRECT_CODES = fieldPattern('spec.http[].redirect.redirectCode');

/** What a route does; exactly one of these. */
const ACTIONS = ['route', 'redirect', 'directResponse', 'delegate'];
/** What changes only a request that is forwarded. */
const OF_FORWARDING = ['rewrite', 'mirror', 'mirrors', 'retries', 'timeout'];

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_filters/router_filter#x-envoy-retry-on */
const RETRY_CONDITIONS = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute */
export const istioRoutes: Rule = (value) =>
  findFields(value, HTTP).flatMap(({ path, value: route }) => {
    const actions = ACTIONS.filter((name) => fieldOf(route, name) !== undefined);
    if (actions.length !== 1) {
      const got = actions.length === 0 ? 'none' : actions.join(' and ');
      return [error(path, `expected exactly one of route, redirect, directResponse, got ${got}`)];
    }
    if (actions[0] === 'route') return weights(route, path);
    return OF_FORWARDING.filter((name) => fieldOf(route, name) !== undefined).map((name) =>
      error([...path, name], `expected ${name} beside a route only, got one beside ${actions[0]}`),
    );
  });

/** Weights are shares of their sum; with one destination it has all. */
function weights(route: unknown, path: readonly (string | number)[]) {
  const destinations = fieldOf(route, 'route');
  if (!Array.isArray(destinations) || destinations.length === 0) return [];
  const written = destinations.map((each) => fieldOf(each, 'weight'));
  if (destinations.length === 1 && written[0] === undefined) return [];
  if (written.some((weight) => weight !== undefined && typeof weight !== 'number')) return [];
  const sum = written.reduce<number>((total, weight) => total + Number(weight ?? 0), 0);
  if (sum > 0) return [];
  return [
    error(
      [...path, 'route'],
      `expected weights with a sum above 0, got ${sum}: no request would go anywhere`,
    ),
  ];
}

/** Envoy ignores conditions it does not know, and then retries less than was asked. */
export const istioRetryConditions: Rule = (value) =>
  findFields(value, RETRY_ON).flatMap(({ path, value: text }) => {
    if (typeof text !== 'string') return [];
    return text
      .split(',')
      .map((condition) => condition.trim())
      .filter((condition) => !/^[1-5]\d\d$/.test(condition) && !RETRY_CONDITIONS.includes(condition))
      .map((condition) =>
        error(
          path,
          `expected conditions of Envoy's retries or statuses, got ${quote(condition)}${didYouMean(condition, RETRY_CONDITIONS)}`,
        ),
      );
  });

export const istioRedirectCodes: Rule = (value) =>
  findFields(value, REDIRECT_CODES).flatMap(({ path, value: code }) => {
    if (typeof code !== 'number' || [301, 302, 303, 307, 308].includes(code)) return [];
    return [error(path, `expected one of 301, 302, 303, 307, 308, got ${code}`)];
  });

const MATCHES = fieldPattern('spec.http[].match[]');

/** Conditions on what this proxy does not know: a match that has one holds for no request. */
export const istioUnknownSources: Rule = (value) =>
  findFields(value, MATCHES).flatMap(({ path, value: match }) =>
    ['sourceLabels', 'sourceNamespace']
      .filter((name) => fieldOf(match, name) !== undefined)
      .map((name) =>
        warning(
          [...path, name],
          `expected no ${name}, since Sluice does not know the workloads that call: this match holds for no request`,
        ),
      ),
  );

const GATEWAYS = fieldPattern('spec.gateways[]');

/** A match for sidecars alone, in an object that is for gateways, too: this proxy stands for the gateways. */
export const istioMeshMatches: Rule = (value) => {
  if (!findFields(value, GATEWAYS).some((gateway) => gateway.value !== 'mesh')) return [];
  return findFields(value, MATCHES).flatMap(({ path, value: match }) => {
    const gateways = fieldOf(match, 'gateways');
    if (!Array.isArray(gateways) || gateways.length === 0 || gateways.some((name) => name !== 'mesh'))
      return [];
    const message =
      'expected a gateway of the VirtualService, got mesh alone: Sluice stands for the gateways, and this match holds for no request';
    return [warning([...path, 'gateways'], message)];
  });
};

const EXPRESSION_REWRITES = fieldPattern('spec.http[].rewrite.uriRegexRewrite');

/** Envoy refuses a substitution with groups that the expression does not have. */
export const istioRewriteGroups: Rule = (value) =>
  findFields(value, EXPRESSION_REWRITES).flatMap(({ path, value: rewrite }) => {
    const [match, substituted] = ['match', 'rewrite'].map((name) => fieldOf(rewrite, name));
    if (typeof match !== 'string' || typeof substituted !== 'string') return [];
    if (!envoyExpression().safeParse(match).success) return [];
    const { named, known } = groupsOf(match, substituted);
    if (named <= known) return [];
    return [
      error(
        [...path, 'rewrite'],
        `expected groups up to \\${known}, which the expression has, got \\${named}`,
      ),
    ];
  });

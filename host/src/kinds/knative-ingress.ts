import type { FieldMatch, WeightedBackend } from '../plan/routing-plan.ts';
import { fieldPattern, findFields, isFieldMap } from '../policy/field-path.ts';
import { durationMillis } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { PolicyBackend, PolicyRoute, RouteTable } from '../policy/routing.ts';
import { knativeSplits } from '../policy/rules/knative-splits.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueHeaderNames } from '../policy/rules/unique-header-names.ts';
import { serviceHost } from '../policy/service-host.ts';
import { createdAt } from './created-at.ts';
import { composeEdits, headerValues, NO_EDITS } from './header-edits.ts';
import {
  KNATIVE_INGRESS,
  type KnativeIngress,
  type KnativePath,
  type KnativeRule,
  type KnativeSplit,
  knativeIngressSchema,
} from './knative-ingress-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const HEADER_MAPS = [
  'spec.rules[].http.paths[].appendHeaders',
  'spec.rules[].http.paths[].splits[].appendHeaders',
  'spec.rules[].http.paths[].headers',
].map(fieldPattern);

/** Knative's own Ingress, which its controllers make of a Route; docs/policies/knative-ingress.md says what each field means here. */
export const knativeIngress = definePolicyKind<KnativeIngress>({
  ...KNATIVE_INGRESS,
  schema: knativeIngressSchema,
  rules: [
    knativeSplits,
    uniqueHeaderNames((value) =>
      HEADER_MAPS.flatMap((pattern) => findFields(value, pattern)).flatMap(({ path, value: map }) =>
        isFieldMap(map) ? Object.keys(map).map((name) => ({ path: [...path, name], value: name })) : [],
      ),
    ),
    notHonoured([
      {
        field: 'spec.tls',
        message: 'expected no tls, which Sluice does not serve: the hosts are served in clear text',
      },
    ]),
  ],
  toPolicy: (ingress, document) => ({
    routing: { tables: ingress.spec.rules.map((rule, index) => ruleTable(ingress, rule, index, document)) },
  }),
});

function ruleTable(
  { metadata, spec }: KnativeIngress,
  { hosts, visibility, http }: KnativeRule,
  index: number,
  document: PolicyDocument,
): RouteTable {
  const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
  const path = ['spec', 'rules', index];
  const isLocal = visibility === 'ClusterLocal';
  return {
    kind: 'Ingress',
    namespace,
    name: metadata.name,
    origin: { document, path },
    createdAt: createdAt(metadata),
    hosts: hosts.map((host, at) => ({
      host: host.toLowerCase(),
      withForms: false,
      origin: { document, path: [...path, 'hosts', at] },
    })),
    listeners: isLocal ? ['local'] : ['external', 'local'],
    ...(spec.httpOption === 'Redirected' && !isLocal && { requireTls: true as const }),
    routes: http.paths.map((each, at) => ({
      name: `${namespace}/${metadata.name}/${index}/${at}`,
      ...pathRoute(each, namespace, { document, path: [...path, 'http', 'paths', at] }),
    })),
  };
}

function pathRoute(
  path: KnativePath,
  namespace: string,
  origin: PolicyRoute['origin'],
): Omit<PolicyRoute, 'name'> {
  const { timeout, retries } = path;
  return {
    origin,
    match: {
      path: { is: 'prefix', value: path.path ?? '/' },
      headers: Object.entries(path.headers ?? {}).map(
        ([name, { exact }]): FieldMatch => ({ name: name.toLowerCase(), is: 'exact', value: exact }),
      ),
      query: [],
    },
    action: {
      kind: 'forward',
      backends: path.splits.flatMap((split, at) => {
        const { percent = 100 } = split;
        // A revision of 0 % is one that Knative is still rolling out, or keeps for its tag.
        if (percent === 0) return [];
        return [
          splitBackend(path, split, percent, namespace, { ...origin, path: [...origin.path, 'splits', at] }),
        ];
      }),
      ...(timeout !== undefined && { timeoutMillis: durationMillis(timeout) }),
      ...(retries !== undefined &&
        retries.attempts > 0 && {
          retries: {
            attempts: retries.attempts,
            on: 'gateway-error,connect-failure,refused-stream',
            statuses: [],
            ...(retries.perTryTimeout !== undefined && {
              perTryTimeoutMillis: durationMillis(retries.perTryTimeout),
            }),
          },
        }),
    },
  };
}

function splitBackend(
  path: KnativePath,
  split: KnativeSplit,
  percent: number,
  namespace: string,
  origin: PolicyRoute['origin'],
): WeightedBackend<PolicyBackend> {
  const { servicePort } = split;
  return {
    backend: {
      host: serviceHost(split.serviceName, split.serviceNamespace ?? namespace),
      ...(typeof servicePort === 'number' && { port: servicePort }),
      origin,
    },
    weight: percent,
    // `append` in the name, but what a client sent under that name must not reach the service.
    request: composeEdits(
      { ...NO_EDITS, set: headerValues(path.appendHeaders) },
      { ...NO_EDITS, set: headerValues(split.appendHeaders) },
    ),
    response: NO_EDITS,
    ...(path.rewriteHost !== undefined && { hostRewrite: path.rewriteHost.toLowerCase() }),
  };
}

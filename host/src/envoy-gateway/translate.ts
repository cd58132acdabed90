import type { JsonObject } from '../envoy/json.ts';
import { filterName } from '../envoy/wasm-filter.ts';
import { type Manifest, metadataOf, ruleNames, type Translated } from '../mesh/manifest.ts';
import type { GroupPlan } from '../plan/mesh/plan-groups.ts';
import { gatewayOf, type ProxyGroup } from '../plan/mesh/proxy-group.ts';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { rulesOfPlugin, withRuleLists } from '../plan/rule-lists.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type PolicyRule, rulesOf } from '../policy/policy.ts';
import { trafficWord } from '../policy/traffic.ts';
import type { EnvoyGatewayOptions } from './options.ts';

/**
 * Plans as extension policies of Envoy Gateway, one a Gateway; never one a route, which would stand in the place of
 * that of its Gateway. https://gateway.envoyproxy.io/docs/api/extension_types/#envoyextensionpolicy
 */
export function translateToEnvoyGateway(
  groups: readonly GroupPlan[],
  options: EnvoyGatewayOptions,
): Translated {
  const diagnostics = groups.flatMap(notCarried);
  if (diagnostics.some(({ severity }) => severity === 'error')) return { manifests: [], diagnostics };
  return {
    manifests: groups.map((group) => ({
      manifest: extensionPolicy(group, options),
      rules: ruleNames(group),
    })),
    diagnostics,
  };
}

function extensionPolicy({ group, plan }: GroupPlan, options: EnvoyGatewayOptions): Manifest {
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyExtensionPolicy',
    metadata: metadataOf(group),
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gatewayOf(group)! }],
      wasm: [
        {
          name: filterName,
          rootID: filterName,
          code: codeOf(options.moduleSource),
          failOpen: options.failurePolicy === 'FAIL_OPEN',
          config: withoutPorts(plan.plugin, options),
        },
      ],
    },
  };
}

/** Virtual hosts are not named after ports here, and the authority has the one that the client called. */
function withoutPorts(plugin: PluginConfiguration, { logLevel }: EnvoyGatewayOptions): PluginConfiguration {
  return {
    ...withRuleLists(plugin, (rules) => rules.map(({ ports: _, ...rule }) => rule as (typeof rules)[number])),
    ...(logLevel !== undefined && { logLevel }),
  };
}

function notCarried({ group, policies, plan }: GroupPlan): Diagnostic[] {
  if (group.traffic !== 'gateway' || gatewayOf(group) === undefined) {
    const path = ['spec', group.traffic === 'gateway' ? 'workloadSelector' : 'applyToTraffic'];
    const message = `expected a policy for a Gateway of Gateway API, got one for ${described(group)}; \`--to istio\` can carry it, and --gateway NAMESPACE/NAME says which Gateway is meant by policies that name none`;
    return policies.map(({ placement }) => placement!.origin.document.diagnostic('error', path, message));
  }
  const routes = new Map(
    rulesOfPlugin(plan.plugin).flatMap(({ name, routes: each }) =>
      each === undefined ? [] : [[name, each]],
    ),
  );
  return policies.flatMap((policy) => rulesOf(policy).flatMap((rule) => ofRule(rule, routes.get(rule.name))));
}

function ofRule(rule: PolicyRule, routes: readonly string[] | undefined): Diagnostic[] {
  const { document, path } = rule.origin;
  const found: Diagnostic[] = [];
  if (routes !== undefined) {
    const message = `expected a rule for whole hosts, got one for the routes ${routes.join(', ')}, which have other names in Envoy Gateway; \`--to istio\` and \`--to envoy\` can carry it`;
    found.push(document.diagnostic('error', path, message));
  }
  if (rule.ports.length > 0) {
    const message = `expected no port, got ${rule.ports.join(', ')}: in Envoy Gateway the rule holds for every port of its hosts`;
    found.push(document.diagnostic('warning', path, message));
  }
  return found;
}

function described({ traffic, labels }: ProxyGroup): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const pods = pairs.length === 0 ? 'all pods' : `pods with ${pairs.join(', ')}`;
  return traffic === 'gateway' ? pods : `the ${trafficWord(traffic)} traffic of ${pods}`;
}

/** Envoy Gateway fetches modules itself and hands them to its proxies. */
function codeOf(source: EnvoyGatewayOptions['moduleSource']): JsonObject {
  switch (source.from) {
    case 'http':
      return { type: 'HTTP', http: { url: source.url, sha256: source.sha256 } };
    case 'image':
      return {
        type: 'Image',
        image: { url: source.reference, ...(source.sha256 !== undefined && { sha256: source.sha256 }) },
      };
  }
}

import { createHash } from 'node:crypto';
import type { JsonObject } from '../envoy/json.ts';
import type { GroupPlan } from '../plan/mesh/plan-groups.ts';
import { gatewayOf, groupIdentity, type ProxyGroup } from '../plan/mesh/proxy-group.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { rulesOf } from '../policy/policy.ts';
import { trafficWord } from '../policy/traffic.ts';

/** A Kubernetes object to apply. */
export interface Manifest extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string } & JsonObject;
  spec: JsonObject;
}

export interface Translated {
  manifests: TranslatedManifest[];
  /** What the target cannot carry. Manifests are usable when no diagnostic is an error. */
  diagnostics: Diagnostic[];
}

export interface TranslatedManifest {
  manifest: Manifest;
  /** Names of the rules in it, for a comment. */
  rules: string[];
}

/** `set`: what tells these policies from others for the same proxies, which are compiled apart from them. */
export function metadataOf(group: ProxyGroup, set?: string): Manifest['metadata'] {
  // No name of a group has two dashes in a row.
  const name = set === undefined ? groupName(group) : `${groupName(group)}--${set}`;
  return {
    name,
    namespace: group.namespace,
    labels: {
      'app.kubernetes.io/managed-by': 'sluice',
      ...(set !== undefined && { 'sluice.dev/set': set }),
    },
  };
}

export function ruleNames({ policies }: GroupPlan): string[] {
  return [...new Set(policies.flatMap(rulesOf).map(({ name }) => name))];
}

/** The same for a group whatever its policies are, so that an edit replaces what was applied before. */
export function groupName(group: ProxyGroup): string {
  const { traffic, labels } = group;
  const gateway = gatewayOf(group);
  const pairs = Object.entries(labels).sort();
  const words = gateway === undefined ? pairs.flat() : [GATEWAY_API_WORD, gateway];
  const readable = ['sluice', trafficWord(traffic).replace('_', '-'), ...words].join('-');
  const name = readable
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const isPlain =
    name === readable &&
    name.length <= 100 &&
    pairs.length <= 1 &&
    (gateway !== undefined || pairs.every(isPlainPair));
  if (isPlain) return name;
  const hash = createHash('sha256').update(groupIdentity(group)).digest('hex').slice(0, 8);
  return `${name.slice(0, 100).replace(/-$/, '')}-${hash}`;
}

/** Stands where a label's name stands otherwise. */
const GATEWAY_API_WORD = 'api';

/** Without a dash in the label's name it can be told where its value begins. */
function isPlainPair([name]: [string, string]): boolean {
  return /^[a-z0-9]+$/.test(name) && name !== GATEWAY_API_WORD;
}

import type { TranslatedManifest } from '../mesh/manifest.ts';
import { kubernetesYaml } from './kubernetes-yaml.ts';

/** Kubernetes objects as one text of YAML documents, each under the names of its rules. */
export function manifestsText(manifests: readonly TranslatedManifest[]): string {
  return manifests.map(manifestText).join('---\n');
}

/** One file an object. Neither namespaces nor the names of groups have a dot, so no two objects share a file. */
export function manifestFiles(manifests: readonly TranslatedManifest[]): Map<string, string> {
  return new Map(
    manifests.map((each) => {
      const { kind, metadata } = each.manifest;
      return [`${kind.toLowerCase()}.${metadata.namespace}.${metadata.name}.yaml`, manifestText(each)];
    }),
  );
}

/** Most names told in a comment; a long list would hide the object. */
const MOST_NAMES = 20;

function manifestText({ manifest, rules }: TranslatedManifest): string {
  const more = rules.length - MOST_NAMES;
  const names = [...rules.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more`] : [])];
  const comment = names.map((name) => `#   ${commentText(name)}\n`).join('');
  return `# Written by sluice compile from:\n${comment}${kubernetesYaml(manifest)}`;
}

/** A name that a policy chose cannot end the comment. */
function commentText(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}

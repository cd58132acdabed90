import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where `make istio-bed` builds to. */
const folder = process.env.ISTIO_BED ?? join(import.meta.dirname, '../../../../.tools/istio-bed');

export type Program =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'pilot-discovery'
  | 'istioctl'
  | 'envoy-gateway';

export function programPath(name: Program): string {
  return existing(join(folder, name));
}

/** Custom resource definitions, as the project that owns them publishes them. */
export type Definitions = 'istio' | 'gateway-api' | 'envoy-gateway';

export function definitionsPath(name: Definitions): string {
  return existing(join(folder, 'definitions', `${name}.yaml`));
}

export function definitionsText(name: Definitions): string {
  return readFileSync(definitionsPath(name), 'utf8');
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new Error(`expected ${path} to be there; \`make istio-bed\` builds it`);
}

import type { MeshOptions } from '../mesh/options.ts';

/** Istio's ways to put a filter into its proxies. */
export const ISTIO_RESOURCES = ['EnvoyFilter', 'WasmPlugin', 'TrafficExtension'] as const;
export type IstioResource = (typeof ISTIO_RESOURCES)[number];

export interface IstioOptions extends MeshOptions {
  resource: IstioResource;
  /** Tells the objects of these policies from those of others for the same proxies, which are compiled apart. A Kubernetes name without dots, at most 40 long. */
  set?: string;
  /** Of an EnvoyFilter: where in the chain. Default: before Envoy's router. */
  position?: FilterPosition;
  /** Of an EnvoyFilter: virtual hosts, or single routes of them, that never see the filter. */
  bypass?: readonly Bypass[];
  /** Of an EnvoyFilter with `FAIL_RELOAD`; as protobuf writes durations. */
  reloadBackoff?: string;
  /** Of the others. Default: after Istio's own filters. */
  phase?: ExecutionPhase;
  priority?: number;
}

export type FilterPosition = 'first' | { before: string } | { after: string };

/** By Istio's names: `host:port` or `inbound|http|port`. */
export interface Bypass {
  virtualHost: string;
  route?: string;
}

export const EXECUTION_PHASES = ['AUTHN', 'AUTHZ', 'STATS'] as const;
export type ExecutionPhase = (typeof EXECUTION_PHASES)[number];

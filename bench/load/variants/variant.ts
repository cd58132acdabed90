import type { HttpFilter, VirtualHost } from '../environment/bootstrap.ts';

/** One way to limit requests (or not to), set up in an Envoy of its own. */
export interface Variant {
  /** For `--only`. */
  name: string;
  /** For the table and the chart. */
  title: string;
  /** The variant whose CPU time in the same round is subtracted; its own name makes it one. Absent: `no-filter`. */
  baseline?: string;
  /** One sentence when this machine or this checkout lacks something. */
  missing?(): string | undefined;
  /** The same with another build of its module, `label` behind its name: for before and after in one run. */
  ofModule?(modulePath: string, label: string): Variant;
  /** HTTP filters in front of the router. */
  httpFilters(): Promise<HttpFilter[]> | HttpFilter[];
  /** Requests are answered by an upstream, for what looks at its answers. */
  hasUpstream?: boolean;
  /** Absent: one virtual host, `bench.example`. */
  virtualHosts?: VirtualHost[];
  /** One load generator for each. Absent: one for `bench.example`. */
  authorities?: string[];
  /** Absent: eight connections, as fast as it goes. */
  pace?: Pace;
  /** The status of all but a handful of answers. Absent: 200. */
  status?: number;
}

export interface Pace {
  connections: number;
  /** 0: as fast as the answers allow. */
  requestsPerSecond: number;
}

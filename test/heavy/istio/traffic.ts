import type { Upstream } from '../../../host/src/envoy/options.ts';
import type { Plan } from '../../../host/src/plan/plan.ts';

/** Traffic that the gateway of the bed has: hosts with their routes, and the servers behind them. */
export interface Traffic {
  hosts: TrafficHost[];
}

export interface TrafficHost {
  domains: string[];
  routes: { name: string; pathPrefix: string }[];
  upstream: Upstream;
}

/** The hosts and routes that policies speak of, each with its server. */
export function trafficOf(
  { virtualHosts }: Plan,
  shared: Upstream,
  byHost: ReadonlyMap<string, Upstream> = new Map(),
): Traffic {
  const named = new Set(virtualHosts.flatMap(({ domains }) => domains));
  const others = [...byHost].filter(([host]) => !named.has(host));
  return {
    hosts: [
      ...virtualHosts.map(({ domains, routes }) => ({
        domains,
        routes,
        upstream: domains.map((domain) => byHost.get(domain)).find((each) => each !== undefined) ?? shared,
      })),
      ...others.map(([host, upstream]) => ({
        domains: [host],
        routes: [{ name: 'all', pathPrefix: '/' }],
        upstream,
      })),
    ],
  };
}

const NAMESPACE = 'istio-system';

/** As Istio's objects, in YAML. Routes repeat no request by themselves. */
export function trafficDocuments({ hosts }: Traffic): string {
  const upstreams = [...new Set(hosts.map(({ upstream }) => upstream))];
  const serviceHost = (upstream: Upstream) => `upstream-${upstreams.indexOf(upstream)}.bed.internal`;
  const documents = [
    ...upstreams.map((upstream, index) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: `upstream-${index}`, namespace: NAMESPACE },
      spec: {
        hosts: [serviceHost(upstream)],
        location: 'MESH_EXTERNAL',
        resolution: 'STATIC',
        ports: [{ number: 80, name: 'http', protocol: upstream.protocol === 'h2c' ? 'HTTP2' : 'HTTP' }],
        endpoints: [{ address: upstream.host, ports: { http: upstream.port } }],
      },
    })),
    ...hosts.map(({ domains, routes, upstream }, index) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: `host-${index}`, namespace: NAMESPACE },
      spec: {
        hosts: domains.filter(isQualified),
        gateways: ['istio-system/bed'],
        http: routes.map(({ name, pathPrefix }) => ({
          name,
          match: [{ uri: { prefix: pathPrefix } }],
          route: [{ destination: { host: serviceHost(upstream), port: { number: 80 } } }],
          retries: { attempts: 0 },
        })),
      },
    })),
  ];
  return documents.map((each) => JSON.stringify(each)).join('\n---\n');
}

/** To Istio a name without a dot is that of a service in the object's own namespace; such hosts are left to `*`. */
function isQualified(domain: string): boolean {
  return domain === '*' || domain.includes('.');
}

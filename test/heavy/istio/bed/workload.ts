/** A pod as istiod knows it: an object at the API server, and what a proxy says of itself. */
export interface Workload {
  type: 'router' | 'sidecar';
  name: string;
  namespace: string;
  labels: Record<string, string>;
  /** The pod's address. Nobody listens there: a pod is an object only. */
  address: string;
  /** Further metadata of the node. */
  metadata?: Record<string, unknown>;
}

export const gatewayWorkload: Workload = {
  type: 'router',
  name: 'istio-ingressgateway',
  namespace: 'istio-system',
  labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
  address: '10.1.1.1',
};

/** A service, the port its clients name, and the port its pods listen on. */
export interface ServicePort {
  name: string;
  port: number;
  targetPort: number;
}

/** The service, its pod, and what says that the pod is behind it. */
export function workloadObjects(workload: Workload, ports: ServicePort[], clusterIp: string): unknown[] {
  const { name, namespace, labels, address } = workload;
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports, clusterIP: clusterIp },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { nodeName: 'bed', containers: [{ name: 'istio-proxy', image: 'none' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { ...labels, 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: ports.map(({ name: portName, targetPort }) => ({ name: portName, port: targetPort })),
      endpoints: [
        { addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', name, namespace } },
      ],
    },
  ];
}

/** Nobody runs the pod, so nobody reports its address. */
export function podStatus({ address }: Workload): unknown {
  return {
    status: {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

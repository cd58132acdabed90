/** A Go program of the bed. Its version is the one in the go.mod of its folder here. */
export interface GoProgram {
  name: string;
  /** Folder beside this file, with go.mod and go.sum. */
  module: 'kubernetes' | 'istio' | 'envoy-gateway';
  package: string;
  /** Values that a released build of the program carries, by the variable that holds them. */
  variables: Record<string, string>;
}

const kubernetesVersion = { 'k8s.io/component-base/version.gitVersion': 'v1.36.3' };
const istioVersion = { 'istio.io/istio/pkg/version.buildVersion': '1.31.1' };

export const goPrograms: GoProgram[] = [
  {
    name: 'kubectl',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    variables: kubernetesVersion,
  },
  {
    name: 'kube-apiserver',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    variables: kubernetesVersion,
  },
  {
    name: 'pilot-discovery',
    module: 'istio',
    package: 'istio.io/istio/pilot/cmd/pilot-discovery',
    variables: istioVersion,
  },
  {
    name: 'istioctl',
    module: 'istio',
    package: 'istio.io/istio/istioctl/cmd/istioctl',
    variables: istioVersion,
  },
  {
    name: 'envoy-gateway',
    module: 'envoy-gateway',
    package: 'github.com/envoyproxy/gateway/cmd/envoy-gateway',
    variables: { 'github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion': 'v1.9.1' },
  },
];

/** Custom resource definitions that come with a Go module; every file of the folder, or the one file. */
export interface DefinitionSource {
  /** Name of the file they are written to, all in one. */
  file: string;
  module: GoProgram['module'];
  source: string;
  path: string;
}

export const definitionSources: DefinitionSource[] = [
  {
    file: 'istio.yaml',
    module: 'istio',
    source: 'istio.io/istio',
    path: 'manifests/charts/base/files/crd-all.gen.yaml',
  },
  {
    file: 'gateway-api.yaml',
    module: 'envoy-gateway',
    source: 'sigs.k8s.io/gateway-api',
    path: 'config/crd/experimental',
  },
  {
    file: 'envoy-gateway.yaml',
    module: 'envoy-gateway',
    source: 'github.com/envoyproxy/gateway',
    path: 'charts/gateway-helm/charts/crds/crds/generated',
  },
];

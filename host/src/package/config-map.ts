import { MODULE_MOUNT_PATH } from '../mesh/module-source.ts';
import { kubernetesYaml } from '../print/kubernetes-yaml.ts';
import { EnvironmentError } from '../proxy/environment-error.ts';
import { sha256 } from './digest.ts';
import type { ModuleFile } from './module-file.ts';

/** What Kubernetes takes in one ConfigMap (`MaxSecretSize` of its validation), counted before base64. */
const MOST_BYTES = 2 ** 20;

/**
 * A module as a ConfigMap, and what mounts it. Its name has the beginning of the module's checksum: a pod that mounts it
 * never has its module exchanged under its feet, and another module is another roll-out.
 */
export function configMapFiles(module: ModuleFile): Map<string, string> {
  const { name, bytes } = module;
  if (bytes.length > MOST_BYTES) {
    throw new EnvironmentError(
      `expected at most ${MOST_BYTES} bytes in ${name}.wasm for a ConfigMap, got ${bytes.length}; use --format artifact or image`,
    );
  }
  return new Map([
    ['configmap.yaml', kubernetesYaml(configMap(module))],
    ['gateway-patch.yaml', kubernetesYaml(gatewayPatch(module))],
    ['sidecar-patch.yaml', kubernetesYaml(sidecarPatch(module))],
  ]);
}

const configMapName = ({ name, bytes }: ModuleFile): string =>
  `${volumeName(name)}-${sha256(bytes).slice(0, 10)}`;

const volumeName = (module: string): string => `sluice-module-${module}`;

function configMap(module: ModuleFile): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: configMapName(module),
      labels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': module.name },
    },
    immutable: true,
    binaryData: { [`${module.name}.wasm`]: Buffer.from(module.bytes).toString('base64') },
  };
}

/** For the Deployment of a gateway: Istio injects its proxy from a template that does not know the annotations. */
function gatewayPatch(module: ModuleFile): object {
  return {
    spec: {
      template: {
        spec: {
          volumes: [{ name: volumeName(module.name), ...volumeSource(module) }],
          containers: [
            {
              name: 'istio-proxy',
              volumeMounts: [{ name: volumeName(module.name), ...volumeMount(module) }],
            },
          ],
        },
      },
    },
  };
}

/** For a Deployment whose pods get a sidecar: annotations that the injector turns into the same volume and mount. */
function sidecarPatch(module: ModuleFile): object {
  const named = (value: object) => JSON.stringify({ [volumeName(module.name)]: value });
  return {
    spec: {
      template: {
        metadata: {
          annotations: {
            'sidecar.istio.io/userVolume': named(volumeSource(module)),
            'sidecar.istio.io/userVolumeMount': named(volumeMount(module)),
          },
        },
      },
    },
  };
}

const volumeSource = (module: ModuleFile): object => ({ configMap: { name: configMapName(module) } });

/** The file alone, so that several modules can stand side by side in the folder. */
function volumeMount({ name }: ModuleFile): object {
  return { mountPath: `${MODULE_MOUNT_PATH}/${name}.wasm`, subPath: `${name}.wasm`, readOnly: true };
}

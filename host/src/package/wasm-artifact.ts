import { imageAnnotations } from './image-annotations.ts';
import type { ModuleFile } from './module-file.ts';
import { describeBlob, jsonBlob, manifestMediaType, type OciImage } from './oci-layout.ts';

const configMediaType = 'application/vnd.module.wasm.config.v1+json';
const contentMediaType = 'application/vnd.module.wasm.content.layer.v1+wasm';

/**
 * A module as the artifact of https://github.com/solo-io/wasm/blob/master/spec/spec.md, which Istio's agent and Envoy
 * Gateway read. Both want exactly two layers, so the configuration is one of them, too; they refuse a module that is the
 * only layer, as `application/wasm` of the CNCF's layout is. The layer is the module itself: its digest is the module's.
 */
export function wasmArtifact({ name, bytes }: ModuleFile, version: string): OciImage {
  const config = jsonBlob({
    type: 'envoy_proxy',
    abiVersions: ['0.2.1'],
    config: { root_ids: ['sluice'] },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: describeBlob(configMediaType, config),
    layers: [
      describeBlob(configMediaType, config, { 'org.opencontainers.image.title': 'runtime-config.json' }),
      describeBlob(contentMediaType, bytes, { 'org.opencontainers.image.title': `${name}.wasm` }),
    ],
    annotations: imageAnnotations(name, version),
  });
  return { reference: name, manifest, blobs: [config, bytes] };
}

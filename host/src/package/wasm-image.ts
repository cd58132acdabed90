import { sha256 } from './digest.ts';
import { imageAnnotations } from './image-annotations.ts';
import type { ModuleFile } from './module-file.ts';
import { describeBlob, jsonBlob, manifestMediaType, type OciImage } from './oci-layout.ts';
import { storedGzip } from './stored-gzip.ts';
import { tarOfOneFile } from './tar.ts';

/**
 * A module as an ordinary container image with one file, `plugin.wasm`: the variant `compat` of
 * https://github.com/solo-io/wasm/blob/master/spec/spec-compat.md, for registries and tools that know no artifacts.
 */
export function wasmImage({ name, bytes }: ModuleFile, version: string): OciImage {
  const tar = tarOfOneFile('plugin.wasm', bytes);
  const layer = storedGzip(tar);
  // An image has to name a platform; who reads a module out of it asks for this one, wherever it runs.
  const config = jsonBlob({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: describeBlob('application/vnd.oci.image.config.v1+json', config),
    layers: [describeBlob('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    annotations: { 'module.wasm.image/variant': 'compat', ...imageAnnotations(name, version) },
  });
  return { reference: name, manifest, blobs: [config, layer] };
}

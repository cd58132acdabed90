import { sha256 } from './digest.ts';

/** How OCI names a blob: https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

/** A manifest, and every blob it names. */
export interface OciImage {
  /** What it is chosen by: the annotation `org.opencontainers.image.ref.name`. */
  reference: string;
  manifest: Uint8Array;
  blobs: Uint8Array[];
}

export const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json';

export function describeBlob(
  mediaType: string,
  blob: Uint8Array,
  annotations?: Record<string, string>,
): Descriptor {
  return {
    mediaType,
    digest: `sha256:${sha256(blob)}`,
    size: blob.length,
    ...(annotations !== undefined && { annotations }),
  };
}

/** JSON as it is hashed: without spaces, in the order of its fields. */
export const jsonBlob = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/**
 * Images in one folder: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Blobs come first and in
 * the order of their names, the index last, so that it never names a blob that is not there yet.
 */
export function ociLayout(images: readonly OciImage[]): Map<string, string | Uint8Array> {
  const blobs = images
    .flatMap(({ manifest, blobs }) => [manifest, ...blobs])
    .map((blob) => [`blobs/sha256/${sha256(blob)}`, blob] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map(({ reference, manifest }) =>
      describeBlob(manifestMediaType, manifest, { 'org.opencontainers.image.ref.name': reference }),
    ),
  };
  return new Map<string, string | Uint8Array>([
    ...blobs,
    ['oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })],
    ['index.json', JSON.stringify(index)],
  ]);
}

import { configMapFiles } from './config-map.ts';
import { sha256 } from './digest.ts';
import type { ModuleFile } from './module-file.ts';
import { type OciImage, ociLayout } from './oci-layout.ts';
import { wasmArtifact } from './wasm-artifact.ts';
import { wasmImage } from './wasm-image.ts';

/** The forms in which a module is brought to a gateway; each is a folder of its own. */
export const packageFormats = ['files', 'artifact', 'image', 'configmap'] as const;

export type PackageFormat = (typeof packageFormats)[number];

export interface PackagedModules {
  /** Content by path, in the order in which it is to be written. */
  files: ReadonlyMap<string, string | Uint8Array>;
  /** What configurations name a module or an image by, under `<format>/<module>`. */
  digests: ReadonlyMap<string, string>;
}

/** Modules in the forms asked for, and the checksums of it all. Pure: equal modules give equal bytes on any machine. */
export function packageFiles(
  modules: readonly ModuleFile[],
  version: string,
  formats: readonly PackageFormat[],
): PackagedModules {
  const packaged = packageFormats
    .filter((format) => formats.includes(format))
    .map((format) => [format, packageAs[format](modules, version)] as const);
  const files = packaged.flatMap(([format, { files }]) => below(format, files));
  return {
    files: new Map<string, string | Uint8Array>([...files, ['SHA256SUMS', checksums(files)]]),
    digests: new Map(packaged.flatMap(([format, { digests }]) => below(format, digests))),
  };
}

const packageAs: Record<PackageFormat, (modules: readonly ModuleFile[], version: string) => PackagedModules> =
  {
    files: (modules) => ({
      files: new Map(modules.map(({ name, bytes }) => [`${name}.wasm`, bytes])),
      digests: new Map(modules.map(({ name, bytes }) => [name, `sha256:${sha256(bytes)}`])),
    }),
    artifact: (modules, version) => layoutOf(modules.map((module) => wasmArtifact(module, version))),
    image: (modules, version) => layoutOf(modules.map((module) => wasmImage(module, version))),
    configmap: (modules) => ({
      files: new Map(modules.flatMap((module) => below(module.name, configMapFiles(module)))),
      digests: new Map(),
    }),
  };

function layoutOf(images: readonly OciImage[]): PackagedModules {
  return {
    files: ociLayout(images),
    digests: new Map(images.map(({ reference, manifest }) => [reference, `sha256:${sha256(manifest)}`])),
  };
}

function below<Value>(folder: string, entries: ReadonlyMap<string, Value>): [string, Value][] {
  return [...entries].map(([path, value]) => [`${folder}/${path}`, value]);
}

/** Lines that `sha256sum --check` reads, in the order of the paths. */
function checksums(files: readonly [path: string, content: string | Uint8Array][]): string {
  return files
    .map(([path, content]) => ({ path, line: `${sha256(content)}  ${path}\n` }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .map(({ line }) => line)
    .join('');
}

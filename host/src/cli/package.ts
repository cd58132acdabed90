import { type Command, InvalidArgumentError } from 'commander';
import { type PackageFormat, packageFormats } from '../package/package-files.ts';
import { packageModules } from '../package/package-modules.ts';
import { didYouMean } from '../policy/did-you-mean.ts';
import { writeStandardOutput } from '../print/standard-output.ts';
import { type ModuleName, moduleNames } from '../proxy/module-path.ts';
import { writeOutput } from './write-output.ts';

interface PackageCommandOptions {
  output: string;
  module?: ModuleName[];
  format?: PackageFormat[];
  force: boolean;
}

/** `sluice package`: the Wasm modules as registries, Kubernetes and file systems take them. */
export function registerPackage(program: Command): void {
  program
    .command('package')
    .summary('write the Wasm modules for a registry, a ConfigMap or a file system')
    .description(
      'Write the Wasm modules in the forms in which gateways take them, and the digests by which configurations name them ' +
        'to standard output. Equal modules give equal bytes.',
    )
    .requiredOption('-o, --output <folder>', 'write into this folder')
    .option(
      '--module <name...>',
      `some of ${moduleNames.join(', ')} (default: all)`,
      oneOf('a module', moduleNames),
    )
    .option(
      '--format <format...>',
      `some of ${packageFormats.join(', ')} (default: all)`,
      oneOf('a format', packageFormats),
    )
    .option('--force', 'overwrite files that exist', false)
    .addHelpText(
      'after',
      `
Formats:
  files      files/<module>.wasm
  artifact   an OCI layout of Wasm artifacts, one tag a module, as Istio and Envoy Gateway pull them
  image      the same as container images with plugin.wasm, for registries that take no artifacts
  configmap  configmap/<module>/: a ConfigMap, and patches that mount it as /etc/sluice/<module>.wasm
SHA256SUMS lists everything that was written.

Examples:
  sluice package -o out
  sluice package -o out --module sluice --format artifact
  sluice package -o out --module rate-limit header-mutation --format files configmap
  skopeo copy oci:out/artifact:sluice docker://registry.example/sluice:0.1.0`,
    )
    .action(packageInto);
}

async function packageInto({ output, module, format, force }: PackageCommandOptions): Promise<void> {
  const { files, digests } = packageModules({
    ...(module !== undefined && { modules: module }),
    ...(format !== undefined && { formats: format }),
  });
  await writeOutput(output, files, force);
  await writeStandardOutput([...digests].map(([name, digest]) => `${digest}  ${name}\n`).join(''));
}

/** Collects names of a list, and knows what a misspelt one stands for. */
function oneOf<Name extends string>(what: string, names: readonly Name[]) {
  return (text: string, before: Name[] = []): Name[] => {
    const name = names.find((each) => each === text);
    if (name !== undefined) return [...before, name];
    throw new InvalidArgumentError(
      `expected ${what} of ${names.join(', ')}, got ${text}${didYouMean(text, names)}`,
    );
  };
}

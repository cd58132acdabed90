import type { ModuleName } from '../proxy/module-path.ts';

/** What a registry shows of an image. No time of creation: equal modules are to have equal digests. */
export function imageAnnotations(module: ModuleName, version: string): Record<string, string> {
  return {
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.title': `sluice/${module}`,
    'org.opencontainers.image.version': version,
  };
}

import type { MeshOptions } from '../mesh/options.ts';

/** Envoy Gateway reads no files, and an EnvoyExtensionPolicy cannot ask for a fresh module. */
export interface EnvoyGatewayOptions extends MeshOptions {
  moduleSource: Extract<MeshOptions['moduleSource'], { from: 'http' | 'image' }>;
  failurePolicy: Exclude<MeshOptions['failurePolicy'], 'FAIL_RELOAD'>;
}

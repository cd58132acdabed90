import type { FailurePolicy } from '../envoy/options.ts';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import type { ModuleSource } from './module-source.ts';

/** What translators for meshes are told beside the policies. */
export interface MeshOptions {
  moduleSource: ModuleSource;
  failurePolicy: FailurePolicy;
  /** Replaces the module's log level of the plan. */
  logLevel?: NonNullable<PluginConfiguration['logLevel']>;
}

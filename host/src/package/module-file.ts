import type { ModuleName } from '../proxy/module-path.ts';

/** A module to be packaged. */
export interface ModuleFile {
  name: ModuleName;
  bytes: Uint8Array;
}

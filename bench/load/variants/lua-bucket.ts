import { join } from 'node:path';
import type { Variant } from './variant.ts';

export const luaBucket: Variant = {
  name: 'lua-bucket',
  title: 'Lua bucket in the VM, two header reads',
  httpFilters: () => [
    {
      name: 'envoy.filters.http.lua',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
        default_source_code: { filename: join(import.meta.dirname, 'modules/bucket.lua') },
      },
    },
  ],
};

import type { Variant } from './variant.ts';

export const noFilter: Variant = {
  name: 'no-filter',
  title: 'no filter',
  httpFilters: () => [],
};

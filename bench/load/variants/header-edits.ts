import type { HeaderEditAction, PluginConfiguration } from '../../../host/src/plan/plugin-configuration.ts';
import { rules } from '../../rules.ts';
import { sluicePlugin } from './sluice.ts';
import type { Variant } from './variant.ts';

/** Five edits of a request's headers, said for Sluice and for Envoy's own filter. */
type EditPair = [ours: HeaderEditAction, native: object];

const append = (action: string, key: string, value: string) => ({
  append: { header: { key, value }, append_action: action },
});
const setFixed = (name: string): EditPair => [
  { edit: 'set', name, value: 'value' },
  append('OVERWRITE_IF_EXISTS_OR_ADD', name, 'value'),
];

const fixed: EditPair[] = ['x-a', 'x-b', 'x-c', 'x-d', 'x-e'].map(setFixed);
const mixed: EditPair[] = [
  setFixed('x-a'),
  [
    { edit: 'set', name: 'x-caller', value: '{request.header.x-user}' },
    append('OVERWRITE_IF_EXISTS_OR_ADD', 'x-caller', '%REQ(x-user)%'),
  ],
  [{ edit: 'add', name: 'x-b', value: 'value' }, append('APPEND_IF_EXISTS_OR_ADD', 'x-b', 'value')],
  [{ edit: 'addIfAbsent', name: 'x-user', value: 'nobody' }, append('ADD_IF_ABSENT', 'x-user', 'nobody')],
  [{ edit: 'remove', name: 'x-internal' }, { remove: 'x-internal' }],
];

export const headerEditVariants: Variant[] = [
  native('native-headers-fixed', 'native header_mutation, five fixed values', fixed),
  sluice('sluice-headers-fixed', 'Sluice, five fixed header values', fixed),
  native('native-headers-mixed', 'native header_mutation, five edits', mixed),
  sluice('sluice-headers-mixed', 'Sluice, five header edits', mixed),
  sluice('sluice-headers-all-in-one', 'Sluice, five header edits, sluice.wasm', mixed, 'sluice.wasm'),
  // What the edits cost where the filter runs anyway.
  {
    ...sluice(
      'sluice-headers-beside-bucket',
      'Sluice, five header edits beside one bucket, over the bucket alone',
      mixed,
      'sluice.wasm',
      {
        rateLimits: [rules.bucket],
      },
    ),
    baseline: 'sluice-all-in-one',
  },
];

function native(name: string, title: string, edits: EditPair[]): Variant {
  return {
    name,
    title,
    httpFilters: () => [
      {
        name: 'envoy.filters.http.header_mutation',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
          mutations: { request_mutations: edits.map(([, mutation]) => mutation) },
        },
      },
    ],
  };
}

function sluice(
  name: string,
  title: string,
  edits: EditPair[],
  module = 'header-mutation.wasm',
  others: Partial<PluginConfiguration> = {},
): Variant {
  const headerRules = [{ name, request: edits.map(([edit]) => edit) }];
  return sluicePlugin(name, title, { version: 1, ...others, headerRules }, module);
}

import { ampleTokens } from '../../rules.ts';
import type { Variant } from './variant.ts';

const always = { default_value: { numerator: 100 } };

export const nativeLocalRateLimit: Variant = {
  name: 'native-local-rate-limit',
  title: 'native local_ratelimit',
  httpFilters: () => [
    {
      name: 'envoy.filters.http.local_ratelimit',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
        stat_prefix: 'bench',
        token_bucket: { max_tokens: ampleTokens, tokens_per_fill: ampleTokens, fill_interval: '1s' },
        filter_enabled: always,
        filter_enforced: always,
      },
    },
  ],
};

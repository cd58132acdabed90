import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ampleTokens, benchHost } from '../../rules.ts';
import { repository } from '../environment/tools.ts';
import { wasmFilter } from '../environment/wasm-filter.ts';
import type { Variant } from './variant.ts';

const modulePath = join(repository, 'bench/rust-peer/target/rust-peer.wasm');

export const rustInMemory = rustPeer('vm', 'Rust (proxy-wasm 0.2.1), bucket in the VM');
export const rustInSharedData = rustPeer('shared_data', 'Rust (proxy-wasm 0.2.1), bucket in shared data');

function rustPeer(state: 'vm' | 'shared_data', title: string): Variant {
  const name = state === 'vm' ? 'rust-vm' : 'rust-shared-data';
  return {
    name,
    title,
    missing: () => (existsSync(modulePath) ? undefined : 'bench/rust-peer/build.sh has not built the peer'),
    httpFilters: () => [
      wasmFilter({ name, rootId: 'peer', modulePath, configuration: configuration(state) }),
    ],
  };
}

const configuration = (state: string): string =>
  [
    `host=${benchHost}`,
    `max_tokens=${ampleTokens}`,
    `tokens_per_fill=${ampleTokens}`,
    'fill_interval_nanos=1000000000',
    `state=${state}`,
  ].join('\n');

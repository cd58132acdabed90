import type { SocketAddress } from '../../../../host/src/envoy/options.ts';

/** An Envoy's configuration in force, as far as suites look into it. */
export interface ConfigDump {
  listeners: Listener[];
  routes: RouteConfiguration[];
  /** HTTP filters that were delivered by themselves, by name. */
  extensions: Extension[];
  /** Everything, as Envoy says it. */
  raw: unknown;
}

export interface Listener {
  name: string;
  address: { socket_address: { address: string; port_value: number } };
  filter_chains?: FilterChain[];
  default_filter_chain?: FilterChain;
}

interface FilterChain {
  filters: { name: string; typed_config?: { '@type': string; http_filters?: HttpFilter[] } }[];
}

export interface HttpFilter {
  name: string;
  typed_config?: WasmConfiguration;
  config_discovery?: unknown;
}

export interface Extension {
  name: string;
  typed_config: WasmConfiguration;
}

export interface WasmConfiguration {
  '@type': string;
  config: {
    name?: string;
    root_id?: string;
    failure_policy?: string;
    fail_open?: boolean;
    configuration?: { '@type': string; value?: unknown };
    vm_config: Record<string, unknown>;
  };
}

export interface RouteConfiguration {
  name: string;
  virtual_hosts?: { name: string; domains: string[]; routes?: { name?: string }[] }[];
}

interface RawDump {
  configs: {
    '@type': string;
    dynamic_listeners?: { active_state?: { listener: Listener } }[];
    dynamic_route_configs?: { route_config: RouteConfiguration }[];
    ecds_filters?: { ecds_filter: Extension }[];
  }[];
}

/** What is warming or was refused is not in force. */
export async function readConfigDump({ host, port }: SocketAddress): Promise<ConfigDump> {
  const response = await fetch(`http://${host}:${port}/config_dump`);
  const raw = (await response.json()) as RawDump;
  return {
    raw,
    listeners: raw.configs.flatMap(({ dynamic_listeners = [] }) =>
      dynamic_listeners.flatMap(({ active_state }) => active_state?.listener ?? []),
    ),
    routes: raw.configs.flatMap(({ dynamic_route_configs = [] }) =>
      dynamic_route_configs.map(({ route_config }) => route_config),
    ),
    extensions: raw.configs.flatMap(({ ecds_filters = [] }) =>
      ecds_filters.map(({ ecds_filter }) => ecds_filter),
    ),
  };
}

/** HTTP filters of a listener, in their order, each once. */
export function httpFilters(listener: Listener): HttpFilter[] {
  const chains = [...(listener.filter_chains ?? []), listener.default_filter_chain ?? { filters: [] }];
  const filters = chains.flatMap((chain) =>
    chain.filters.flatMap(({ typed_config }) => typed_config?.http_filters ?? []),
  );
  return [...new Map(filters.map((filter) => [filter.name, filter])).values()];
}

/**
 * The Wasm filters in force. One that was delivered by itself stays in the dump as long as a listener drains that had
 * it, so only those count that a listener in force names.
 */
export function wasmFilters({ listeners, extensions }: ConfigDump): WasmConfiguration[] {
  const delivered = new Map(extensions.map(({ name, typed_config }) => [name, typed_config]));
  return listeners
    .flatMap(httpFilters)
    .map(({ name, typed_config, config_discovery }) =>
      config_discovery === undefined ? typed_config : delivered.get(name),
    )
    .filter((filter): filter is WasmConfiguration => filter?.['@type'].endsWith('.wasm.v3.Wasm') ?? false);
}

/** Texts of plugin configurations in force. */
export function pluginConfigurations(dump: ConfigDump): string[] {
  return wasmFilters(dump).flatMap(({ config }) =>
    typeof config.configuration?.value === 'string' ? [config.configuration.value] : [],
  );
}

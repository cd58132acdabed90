/** Entry of rate-limit.wasm: rate limiting alone. */
export {
  proxy_abi_version_0_2_1,
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_memory_allocate,
  proxy_on_request_headers,
  proxy_on_tick,
  sluice_configuration_version,
} from '../plugin';

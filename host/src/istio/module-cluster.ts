import { type JsonObject, typeUrl } from '../envoy/json.ts';

/** The server of a module's URL, for proxies that fetch it themselves; Istio's agent, where there is one, does not need it. */
export function moduleCluster(name: string, url: string): JsonObject {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === 'https:';
  const address = hostname.replaceAll(/^\[|\]$/g, '');
  const isAddress = /^[\d.]+$/.test(address) || address.includes(':');
  return {
    name,
    type: isAddress ? 'STATIC' : 'STRICT_DNS',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: {
                address: {
                  socket_address: { address, port_value: port === '' ? (isTls ? 443 : 80) : Number(port) },
                },
              },
            },
          ],
        },
      ],
    },
    ...(isTls && {
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': typeUrl('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'),
          ...(!isAddress && { sni: address }),
          common_tls_context: {
            validation_context: {
              // Where Istio's proxy image keeps the certificates that its system trusts.
              trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' },
              match_typed_subject_alt_names: [
                { san_type: isAddress ? 'IP_ADDRESS' : 'DNS', matcher: { exact: address } },
              ],
            },
          },
        },
      },
    }),
  };
}

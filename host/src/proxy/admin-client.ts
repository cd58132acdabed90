import { Agent, request } from 'node:http';
import type { SocketAddress } from '../envoy/options.ts';

/** Envoy's admin interface, as far as Sluice uses it. */
export class AdminClient {
  readonly address: SocketAddress;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });

  constructor(address: SocketAddress) {
    this.address = address;
  }

  /** Initialised, and the workers accept connections. */
  async isServing(): Promise<boolean> {
    const [ready, stats] = await Promise.all([
      this.#send('GET', '/ready'),
      this.stats('^listener_manager\\.workers_started$'),
    ]);
    return ready.status === 200 && stats.get('listener_manager.workers_started') === '1';
  }

  /** Of Envoy, `1.40.0`. */
  async version(): Promise<string> {
    const { body } = await this.#send('GET', '/server_info');
    // `<commit>/1.40.0/Clean/RELEASE/BoringSSL`
    const { version = '' } = JSON.parse(body) as { version?: string };
    return version.split('/')[1] ?? version;
  }

  /** Address each listener is bound to, by its name. */
  async listeners(): Promise<Map<string, SocketAddress>> {
    const { body } = await this.#send('GET', '/listeners?format=json');
    const { listener_statuses = [] } = JSON.parse(body) as {
      listener_statuses?: {
        name: string;
        local_address: { socket_address: { address: string; port_value: number } };
      }[];
    };
    return new Map(
      listener_statuses.map(({ name, local_address: { socket_address } }) => [
        name,
        { host: socket_address.address, port: socket_address.port_value },
      ]),
    );
  }

  /** Values of all statistics whose name the regular expression (RE2) finds; text values without their quotes. */
  async stats(filter: string): Promise<Map<string, string>> {
    const { body } = await this.#send('GET', `/stats?filter=${encodeURIComponent(filter)}`);
    const values = new Map<string, string>();
    for (const line of body.split('\n')) {
      const colon = line.lastIndexOf(': ');
      if (colon !== -1) values.set(line.slice(0, colon), line.slice(colon + 2).replace(/^"(.*)"$/, '$1'));
    }
    return values;
  }

  /** Answers carry `connection: close` from now on. */
  async announceDrain(): Promise<void> {
    await this.#send('POST', '/healthcheck/fail');
  }

  /** No new connections; those that exist go on. */
  async stopListening(): Promise<void> {
    await this.#send('POST', '/drain_listeners');
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: 'GET' | 'POST', path: string): Promise<{ status: number; body: string }> {
    const { host, port } = this.address;
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, method, path, agent: this.#agent, timeout: 5000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`Envoy's admin did not answer ${path} within 5 s`)));
      sent.on('error', reject);
      sent.end();
    });
  }
}

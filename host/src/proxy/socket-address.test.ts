import { expect, test } from 'vitest';
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts';

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
])('%s is an address, and is printed as it was read', (text, address) => {
  expect(parseSocketAddress(text)).toEqual(address);
  expect(formatSocketAddress(address)).toBe(text);
});

test.each(['', '80', 'host', 'host:', 'host:65536', '::1:80', 'a b:80', 'http://host:80', 'host:80/'])(
  '%j is no address',
  (text) => expect(parseSocketAddress(text)).toBeUndefined(),
);

test('without a host it means all addresses', () => {
  expect(parseSocketAddress(':80')).toEqual({ host: '0.0.0.0', port: 80 });
});

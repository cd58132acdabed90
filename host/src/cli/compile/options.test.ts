import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { MODULE_SOURCE_FORMS, parseModuleSource } from '../../mesh/module-source.ts';
import { collectBypass, parseBackoff, parseFilterPosition, parseGateway, parsePriority } from './options.ts';

const sha256 = 'ab'.repeat(32);

describe('--module-source', () => {
  it.each([
    ['file:/etc/sluice/sluice.wasm', { from: 'file', path: '/etc/sluice/sluice.wasm' }],
    ['file:///etc/sluice/sluice.wasm', { from: 'file', path: '/etc/sluice/sluice.wasm' }],
    ['configmap:modules', { from: 'configMap', name: 'modules', key: 'sluice.wasm' }],
    ['configmap:modules/rate-limit.wasm', { from: 'configMap', name: 'modules', key: 'rate-limit.wasm' }],
    ['https://a.example/s.wasm', { from: 'http', url: 'https://a.example/s.wasm', sha256: 'own' }],
    [
      `http://10.0.0.1:8080/s.wasm#sha256=${sha256}`,
      { from: 'http', url: 'http://10.0.0.1:8080/s.wasm', sha256 },
    ],
    ['oci://a.example/sluice:1.0', { from: 'image', reference: 'a.example/sluice:1.0' }],
    [
      `oci://a.example:5000/x/sluice@sha256:${sha256}#sha256=${sha256}`,
      { from: 'image', reference: `a.example:5000/x/sluice@sha256:${sha256}`, sha256 },
    ],
  ])('reads %s', (text, source) => {
    expect(parseModuleSource(text, () => 'own')).toEqual(source);
  });

  it.each([
    '',
    'sluice.wasm',
    'file:',
    'file:sluice.wasm',
    'file:/a b',
    'configmap:',
    'configmap:UPPER',
    'configmap:a/b/c',
    'configmap:a/../b',
    'https://',
    'https://a.example/s.wasm#sha256=12',
    'https://a.example/a b',
    'oci://sluice',
    'oci:a.example/sluice',
    'ftp://a.example/s.wasm',
  ])('is none of its forms: %s', (text) => {
    expect(
      parseModuleSource(text, () => 'own'),
      MODULE_SOURCE_FORMS,
    ).toBeUndefined();
  });
});

describe('--gateway', () => {
  it('is a Gateway by its name', () => {
    expect(parseGateway('infra/edge')).toEqual({
      namespace: 'infra',
      labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
    });
  });

  it('is pods by their labels', () => {
    expect(parseGateway('istio-system/istio=ingressgateway,example.com/tier=a')).toEqual({
      namespace: 'istio-system',
      labels: { istio: 'ingressgateway', 'example.com/tier': 'a' },
    });
  });

  it.each([
    '',
    'edge',
    '/edge',
    'infra/',
    'Infra/edge',
    'infra/a=b,c',
    'infra/a b=c',
    'infra/=x',
    'infra/a=b c',
  ])('is none of both: %s', (text) => {
    expect(() => parseGateway(text)).toThrow(InvalidArgumentError);
  });
});

describe('the other options of meshes', () => {
  it('read a place in the chain', () => {
    expect(parseFilterPosition('first')).toBe('first');
    expect(parseFilterPosition('before:envoy.filters.http.router')).toEqual({
      before: 'envoy.filters.http.router',
    });
    expect(parseFilterPosition('after:istio.stats')).toEqual({ after: 'istio.stats' });
    for (const text of ['', 'last', 'before:', 'before:a b']) {
      expect(() => parseFilterPosition(text)).toThrow(InvalidArgumentError);
    }
  });

  it('read what passes by', () => {
    expect(collectBypass('inbound|http|80', [])).toEqual([{ virtualHost: 'inbound|http|80' }]);
    expect(collectBypass('a.example:80/ns/route', [{ virtualHost: 'x' }])).toEqual([
      { virtualHost: 'x' },
      { virtualHost: 'a.example:80', route: 'ns/route' },
    ]);
    for (const text of ['', '/a', 'a b', 'a/'])
      expect(() => collectBypass(text, [])).toThrow(InvalidArgumentError);
  });

  it('read durations and numbers within bounds', () => {
    for (const text of ['1s', '0.5s', '10.25s', '999999s']) expect(parseBackoff(text)).toBe(text);
    for (const text of ['', '0s', '0.0s', '1', '1m', '-1s', '1e3s', '1000000s']) {
      expect(() => parseBackoff(text), text).toThrow(InvalidArgumentError);
    }
    expect(parsePriority('-10')).toBe(-10);
    for (const text of ['', '1.5', '2147483648', 'x']) {
      expect(() => parsePriority(text), text).toThrow(InvalidArgumentError);
    }
  });
});

import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packageFiles } from './package-files.ts';
import { storedGzip } from './stored-gzip.ts';
import { tarOfOneFile } from './tar.ts';

const moduleOf = (length: number) => [{ name: 'sluice', bytes: new Uint8Array(length).fill(7) } as const];

describe('packageFiles', () => {
  it('refuses a module that no ConfigMap can hold, and says what can', () => {
    expect(() => packageFiles(moduleOf(2 ** 20), '1.0.0', ['configmap'])).not.toThrow();
    expect(() => packageFiles(moduleOf(2 ** 20 + 1), '1.0.0', ['configmap'])).toThrow(
      'expected at most 1048576 bytes in sluice.wasm for a ConfigMap, got 1048577; use --format artifact or image',
    );
    expect(() => packageFiles(moduleOf(2 ** 20 + 1), '1.0.0', ['artifact', 'image'])).not.toThrow();
  });

  it('names another ConfigMap for another module', () => {
    const nameOf = (length: number) => {
      const { files } = packageFiles(moduleOf(length), '1.0.0', ['configmap']);
      return /name: (sluice-module-\S+)/.exec(files.get('configmap/sluice/configmap.yaml') as string)?.[1];
    };
    expect(nameOf(1)).toMatch(/^sluice-module-sluice-[0-9a-f]{10}$/);
    expect(nameOf(1)).toBe(nameOf(1));
    expect(nameOf(1)).not.toBe(nameOf(2));
  });
});

describe('storedGzip', () => {
  it.each([0, 1, 0xffff, 0x10000, 2 * 0xffff, 200_000])('is read by gzip after %i bytes', (length) => {
    const content = Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 256));
    expect(gunzipSync(storedGzip(content)).equals(content)).toBe(true);
  });

  it('names no time and no system', () => {
    expect([...storedGzip(new Uint8Array(1)).subarray(0, 10)]).toEqual([
      0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255,
    ]);
  });
});

describe('tarOfOneFile', () => {
  it.each([0, 1, 511, 512, 513])('is whole blocks around %i bytes', (length) => {
    expect(tarOfOneFile('plugin.wasm', new Uint8Array(length)).length % 512).toBe(0);
  });
});

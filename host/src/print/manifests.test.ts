import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { TranslatedManifest } from '../mesh/manifest.ts';
import { manifestFiles, manifestsText } from './manifests.ts';

function manifestWith(
  spec: TranslatedManifest['manifest']['spec'],
  namespace = 'a',
  name = 'sluice-b',
): TranslatedManifest {
  return {
    manifest: { apiVersion: 'v1', kind: 'Thing', metadata: { name, namespace }, spec },
    rules: ['a/b'],
  };
}

describe('manifestsText', () => {
  it.each(['yes', 'on', 'y', 'No', 'OFF', '1_000', '0b11', '012', '1:30', '<<', '~', 'null', '1.5e3'])(
    'keeps %s a text for readers of YAML 1.1, as those of Kubernetes are',
    (word) => {
      const spec = { value: word, [word]: 'name' };
      expect(parse(manifestsText([manifestWith(spec)]), { version: '1.1' }).spec).toEqual(spec);
    },
  );

  it.each(['\u2028', '\u2029', '\u0085', '\ufeff', '\u007f', '\u0086', '\ufffe'])(
    'writes %j, which would end a line or a document for some readers, as an escape',
    (character) => {
      const spec = { text: `{\n "a": "x${character}kind: Secret"\n}`, word: `a${character}b` };
      const text = manifestsText([manifestWith(spec)]);
      expect(text).not.toContain(character);
      expect(parse(text).spec).toEqual(spec);
    },
  );
});

describe('manifestFiles', () => {
  it('has a file for each object, whatever their names are', () => {
    const files = manifestFiles([
      manifestWith({}, 'a', 'sluice-b-sluice-c'),
      manifestWith({}, 'a-sluice-b', 'sluice-c'),
    ]);
    expect([...files.keys()]).toEqual(['thing.a.sluice-b-sluice-c.yaml', 'thing.a-sluice-b.sluice-c.yaml']);
  });
});

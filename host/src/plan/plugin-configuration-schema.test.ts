import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { printJson } from '../print/json.ts';
import { pluginConfigurationJsonSchema, pluginConfigurationSchema } from './plugin-configuration-schema.ts';

it('is what schema/plugin-configuration.schema.json says; else run `node scripts/write-schema.ts`', () => {
  const file = new URL('../../../schema/plugin-configuration.schema.json', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(printJson(pluginConfigurationJsonSchema()));
});

it('refuses unknown fields', () => {
  expect(pluginConfigurationSchema.safeParse({ version: 1, rateLimit: [] }).success).toBe(false);
});

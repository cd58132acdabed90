/** Writes schema/plugin-configuration.schema.json: `node scripts/write-schema.ts`. A test fails when it is not current. */
import { writeFileSync } from 'node:fs';
import { pluginConfigurationJsonSchema } from '../host/src/plan/plugin-configuration-schema.ts';
import { printJson } from '../host/src/print/json.ts';

const file = new URL('../schema/plugin-configuration.schema.json', import.meta.url);
writeFileSync(file, printJson(pluginConfigurationJsonSchema()));

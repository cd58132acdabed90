import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { type Rule, warning } from '../rule.ts';

const CONFIGS = fieldPattern('spec.configs[]');
const FIELDS = ['isGateway', 'workloadSelector'];

/** Two published ASM examples have fields of `spec` inside `configs[]`: they mean what they would mean in `spec`. */
export const asmMisplacedFields: Rule = (value) =>
  findFields(value, CONFIGS).flatMap(({ path, value: config }) =>
    FIELDS.filter((name) => fieldOf(config, name) !== undefined).map((name) => ({
      ...warning([...path, name], `expected ${name} in spec, got it in configs[]; read as spec.${name}`),
      at: 'key' as const,
    })),
  );

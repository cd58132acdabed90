import { z } from 'zod';
import { anyText, byShape, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { regularExpression } from '../policy/fields/regular-expression.ts';
import { labelKey } from './label-key.ts';

const requirement = object({
  key: labelKey(),
  operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: list(anyText()).optional(),
});
export type LabelRequirement = z.output<typeof requirement>;

/** A tree over labels; rules/label-matchers.ts asks for exactly one field, and bounds the depth. */
export interface LabelExpression {
  not?: LabelExpression | undefined;
  all?: LabelExpression[] | undefined;
  any?: LabelExpression[] | undefined;
  label_exists?: string | undefined;
  label_equals?: LabelEquals[] | undefined;
  label_matches?: LabelMatches[] | undefined;
}

const labelEquals = object({ label: labelKey(), value: anyText() });
type LabelEquals = z.output<typeof labelEquals>;
const labelMatches = object({ label: labelKey(), regex: regularExpression('anywhere') });
type LabelMatches = z.output<typeof labelMatches>;

const expression: z.ZodType<LabelExpression> = z.lazy(() =>
  object({
    not: expression.optional(),
    all: expressionList.optional(),
    any: expressionList.optional(),
    label_exists: labelKey().optional(),
    label_equals: oneOrSeveral(labelEquals).optional(),
    label_matches: oneOrSeveral(labelMatches).optional(),
  }),
);

/** Aperture writes `all: {of: […]}`; a list by itself is taken too. */
const expressionList: z.ZodType<LabelExpression[]> = byShape((value) =>
  Array.isArray(value)
    ? list(expression, { nonEmpty: true })
    : object({ of: list(expression, { nonEmpty: true }) }).transform(({ of }) => of),
);

/** A map, or as ASM's reference shows it a list of maps, of which all must hold. */
function oneOrSeveral<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return byShape((value) =>
    Array.isArray(value) ? list(item, { nonEmpty: true }) : item.transform((only) => [only]),
  ) as z.ZodType<z.output<Item>[]>;
}

export const labelMatcher = object({
  match_labels: mapOf(labelKey(), anyText()).optional(),
  match_expressions: list(requirement).optional(),
  match_list: list(requirement).optional(),
  expression: expression.optional(),
});
export type LabelMatcher = z.output<typeof labelMatcher>;

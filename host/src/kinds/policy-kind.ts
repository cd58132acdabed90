import type { z } from 'zod';
import type { Policy } from '../policy/policy.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { Rule } from '../policy/rule.ts';

/** A kind of policy that Sluice reads: what it may say, and what that means in the common model. */
export interface PolicyKind<Object = unknown> {
  group: string;
  versions: readonly string[];
  kind: string;
  /** The whole object, `metadata` included. */
  schema: z.ZodType<Object>;
  /** Checks over several fields, run whether or not the schema finds mistakes. */
  rules: readonly Rule[];
  /** Called only for objects without mistakes. */
  toPolicy(object: Object, document: PolicyDocument): Policy;
}

/** Keeps the type of the object between `schema` and `toPolicy`, and forgets it afterwards. */
export function definePolicyKind<Object>(kind: PolicyKind<Object>): PolicyKind {
  return kind as PolicyKind;
}

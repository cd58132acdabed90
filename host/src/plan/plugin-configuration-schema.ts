import { z } from 'zod';
import type { PluginConfiguration } from './plugin-configuration.ts';

/**
 * The plugin configuration as a schema, from which `schema/plugin-configuration.schema.json` is written
 * (scripts/write-schema.ts). For people who write the JSON by hand; the module itself checks what it reads.
 */
const wholeNumber = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) =>
  z.number().int().min(minimum).max(maximum);
const intervalNanos = (minimum: number) =>
  z
    .number()
    .multipleOf(1)
    .min(minimum)
    .max(31_622_400_000_000_000)
    .describe('Whole nanoseconds, at most 366 days.');

const NAMED_SOURCE = z.enum(['header', 'cookie', 'query']);
const UNNAMED_SOURCE = z.enum(['path', 'method', 'host', 'flavor']);
const headerOrParameterName = z.string().min(1).describe('Header names in lower case.');

const text = { is: z.enum(['exact', 'prefix', 'suffix', 'contains']), value: z.string() };
const textOptions = { ignoreCase: z.boolean().optional(), invert: z.boolean().optional() };
const present = { is: z.literal('present'), invert: z.boolean().optional() };
const regex = {
  is: z.literal('regex'),
  pattern: wholeNumber(0).describe('Index into `patterns`.'),
  invert: z.boolean().optional(),
};
const conditions = [text, present, regex].flatMap((comparison) => {
  const options = comparison === text ? textOptions : {};
  return [
    z.strictObject({ on: NAMED_SOURCE, name: headerOrParameterName, ...comparison, ...options }),
    z.strictObject({ on: UNNAMED_SOURCE, ...comparison, ...options }),
  ];
});
const condition = z
  .union([
    ...conditions,
    z.strictObject({
      on: z.literal('clientAddress'),
      ranges: z.array(z.string()).min(1).describe('CIDR ranges, one of which must hold the client address.'),
      invert: z.boolean().optional(),
    }),
  ])
  .meta({ id: 'Condition' });

const limit = z
  .union([
    z.strictObject({
      algorithm: z.literal('tokenBucket'),
      maxTokens: wholeNumber(1),
      tokensPerFill: wholeNumber(1),
      fillIntervalNanos: intervalNanos(1_000_000),
    }),
    z.strictObject({
      algorithm: z.literal('slidingWindow'),
      maxRequests: wholeNumber(1, 2 ** 32 - 1),
      windowNanos: intervalNanos(16_000_000),
    }),
  ])
  .meta({ id: 'Limit' });

const descriptor = z
  .union([
    z.strictObject({ on: NAMED_SOURCE, name: headerOrParameterName }),
    z.strictObject({ on: UNNAMED_SOURCE }),
    z.strictObject({
      on: z.literal('clientAddress'),
      ipv4PrefixLength: wholeNumber(0, 32).optional(),
      ipv6PrefixLength: wholeNumber(0, 128).optional(),
    }),
    z.strictObject({ on: z.literal('connection') }),
  ])
  .meta({ id: 'Descriptor' });

const cost = z.union([
  z.strictObject({ fixed: wholeNumber(1) }),
  z.strictObject({ header: headerOrParameterName, default: wholeNumber(1).optional(), max: wholeNumber(1) }),
]);

const response = z.strictObject({
  status: wholeNumber(400, 599).optional().describe('Default 429; of a quota scheduler 503.'),
  body: z.string().optional(),
  headers: z
    .array(z.tuple([z.string(), z.string()]))
    .max(48)
    .optional()
    .describe('Names in lower case.'),
  grpcStatus: wholeNumber(1, 16)
    .optional()
    .describe('Default 8, RESOURCE_EXHAUSTED; of a quota scheduler 14, UNAVAILABLE.'),
  rateLimitHeaders: z.boolean().optional(),
});

/** Which requests a rule of any function is about. */
const scope = {
  name: z
    .string()
    .min(1)
    .describe('Unique in its list of the document: names the shared state and the metrics.'),
  hosts: z
    .array(
      z
        .string()
        .max(255)
        .regex(/^(?:\*|\*\.[^*:\s]+|[^*:\s]+|\[[^*\s]+\])$/),
    )
    .min(1)
    .optional()
    .describe('`a.example`, `*.example` or `*`, without a port; absent: all.'),
  ports: z.array(wholeNumber(1, 65_535)).min(1).optional(),
  routes: z.array(z.string().min(1)).min(1).optional(),
};

const rateLimitRule = z
  .strictObject({
    ...scope,
    match: z.array(condition).optional(),
    limit,
    overrides: z.array(z.strictObject({ match: z.array(condition).min(1), limit })).optional(),
    key: z.array(descriptor).min(1).optional(),
    keyCapacity: wholeNumber(32, 1_048_576).optional().describe('Default 16384.'),
    whenKeyMissing: z.enum(['share', 'skip']).optional().describe('Default share.'),
    cost: cost.optional(),
    shadowMode: z.boolean().optional(),
    response: response.optional(),
  })
  .meta({ id: 'RateLimitRule' });

type Matcher = z.infer<typeof condition> | { all: Matcher[] } | { any: Matcher[] } | { not: Matcher };
const matcher: z.ZodType<Matcher, Matcher> = z
  .lazy(() =>
    z.union([
      condition,
      z.strictObject({ all: z.array(matcher) }),
      z.strictObject({ any: z.array(matcher) }),
      z.strictObject({ not: matcher }),
    ]),
  )
  .meta({ id: 'Matcher', description: 'A tree of conditions, at most 32 deep.' });

const valueSource = z.union([
  z.strictObject({ on: NAMED_SOURCE, name: headerOrParameterName }),
  z.strictObject({ on: UNNAMED_SOURCE }),
]);

/** Longest wait: 1 h. */
const waitNanos = (minimum: number) => wholeNumber(minimum, 3_600_000_000_000);
const queueCapacity = wholeNumber(1, 100_000).optional();

const workloadParameters = {
  weight: wholeNumber(1).optional().describe('1,000,000 × priority; default 1000000.'),
  costMillitokens: wholeNumber(0).optional().describe('Default 1000; 0 is never queued.'),
  queueTimeoutNanos: waitNanos(1_000_000).optional(),
  queueCapacity,
  strict: z.boolean().optional(),
  floorMillitokensPerSecond: wholeNumber(1).optional(),
  capMillitokensPerSecond: wholeNumber(1).optional(),
};

const quotaScheduler = z
  .strictObject({
    ...scope,
    match: z.array(matcher).optional(),
    bucket: z.strictObject({
      capacityMillitokens: wholeNumber(1),
      fillMillitokens: wholeNumber(0),
      fillIntervalNanos: intervalNanos(1_000_000),
      continuousFill: z.boolean().optional().describe('Default true.'),
      delayInitialFill: z.boolean().optional(),
    }),
    key: z.array(descriptor).min(1).optional(),
    keyCapacity: wholeNumber(1, 4_096).optional().describe('Default 256.'),
    keyIdleNanos: intervalNanos(1_000_000).optional().describe('Default 7,200 s, at most 366 days.'),
    workloads: z
      .array(z.strictObject({ name: z.string().min(1), match: z.array(matcher), ...workloadParameters }))
      .max(64)
      .optional(),
    defaultWorkload: z.strictObject(workloadParameters).optional(),
    workloadFrom: z.array(valueSource).min(1).optional(),
    fairnessKey: z.array(descriptor).min(1).optional(),
    fairnessCapacity: wholeNumber(1, 256).optional().describe('Default 64.'),
    costFrom: z.array(valueSource).min(1).optional(),
    priorityFrom: z.array(valueSource).min(1).optional(),
    queueCapacity: queueCapacity.describe('Default 10000.'),
    requestTimeoutNanos: waitNanos(1_000_000).optional().describe('Default 15 s.'),
    deadlineMarginNanos: waitNanos(0).optional().describe('Default 10 ms.'),
    deadlineHeader: headerOrParameterName.optional(),
    strictAgeingNanos: waitNanos(1_000_000).optional().describe('Default 1 s.'),
    response: response.optional(),
    shadowMode: z.boolean().optional(),
  })
  .meta({ id: 'QuotaScheduler' });

const hundredths = (minimum: number) => wholeNumber(minimum, 10_000).describe('Hundredths of a percent.');
const dayNanos = (minimum: number) => wholeNumber(minimum, 86_400_000_000_000);

const circuitBreaker = z
  .strictObject({
    ...scope,
    match: z.array(matcher).optional(),
    mode: z.enum(['automatic', 'forcedOpen', 'forcedClosed', 'disabled', 'metricsOnly']).optional(),
    window: z
      .union([
        z.strictObject({ nanos: dayNanos(100_000_000) }),
        z.strictObject({ calls: wholeNumber(1, 1_000) }),
      ])
      .optional()
      .describe('Default 10 s.'),
    minimumCalls: wholeNumber(0, 1_000_000_000).optional().describe('Default 0.'),
    failureRate: hundredths(1).optional(),
    slowCallRate: hundredths(1).optional(),
    maxSlowCalls: wholeNumber(0, 1_000_000_000).optional(),
    slowCallNanos: dayNanos(1_000_000).optional(),
    maxAverageMicros: wholeNumber(1, 86_400_000_000).optional(),
    consecutiveFailures: wholeNumber(1, 1_000_000_000).optional(),
    measure: z.enum(['responseHeaders', 'responseEnd']).optional().describe('Default responseHeaders.'),
    failures: z
      .strictObject({
        statuses: z
          .array(z.tuple([wholeNumber(200, 599), wholeNumber(200, 599)]))
          .optional()
          .describe('Ranges, first and last; default 500 to 599.'),
        grpcStatuses: z.array(wholeNumber(1, 16)).optional().describe('Default 2, 4, 13, 14, 15.'),
        connectFailures: z.boolean().optional().describe('Default true.'),
        resets: z.boolean().optional().describe('Default true.'),
        timeouts: z.boolean().optional().describe('Default true.'),
      })
      .optional(),
    open: z
      .strictObject({
        nanos: dayNanos(1_000_000).optional().describe('Default 30 s.'),
        backoffThousandths: wholeNumber(1_000, 100_000).optional().describe('Default 1000.'),
        maxNanos: dayNanos(1_000_000).optional().describe('Default 24 h.'),
        jitter: hundredths(0).optional(),
      })
      .optional(),
    halfOpen: z
      .strictObject({
        probes: wholeNumber(1, 32).optional().describe('Default 3.'),
        probeNanos: dayNanos(1_000_000).optional().describe('Default 30 s.'),
      })
      .optional(),
    key: z.array(descriptor).min(1).optional(),
    keyCapacity: wholeNumber(4, 4_096).optional().describe('Default 256.'),
    whenKeyMissing: z.enum(['share', 'skip']).optional().describe('Default share.'),
    response: response
      .extend({ status: wholeNumber(200, 599).optional().describe('Default 503.') })
      .optional(),
  })
  .meta({ id: 'CircuitBreaker' });
const editedName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/)
  .describe('Lower case; no pseudo-header, and none about the connection or the message itself.');
const template = z.string().max(16_384).describe('Text with facts in braces: `{request.path}`.');
const status = wholeNumber(100, 599);
const editConditions = {
  match: z.array(matcher).optional().describe('Of the request, as it arrived.'),
  statuses: z
    .array(z.tuple([status, status]))
    .min(1)
    .optional()
    .describe('Ranges, least and most; edits of responses only.'),
  responseMatch: z
    .array(condition)
    .min(1)
    .optional()
    .describe('On headers of the response, as they came; edits of responses only.'),
};
const headerEdit = z
  .union([
    z.strictObject({
      edit: z.enum(['set', 'add', 'overwriteIfExistsOrAdd', 'addIfAbsent', 'overwriteIfExists']),
      name: editedName,
      value: template,
      keepEmptyValue: z.boolean().optional(),
      ...editConditions,
    }),
    z.strictObject({ edit: z.literal('remove'), name: editedName, ...editConditions }),
    z.strictObject({ edit: z.literal('removePrefix'), prefix: z.string().min(1), ...editConditions }),
    z.strictObject({
      edit: z.enum(['rename', 'copy']),
      from: editedName,
      name: editedName,
      ...editConditions,
    }),
    z.strictObject({
      edit: z.literal('map'),
      from: editedName,
      name: editedName,
      values: z
        .array(z.tuple([z.string(), z.string().min(1)]))
        .min(1)
        .max(1_024),
      default: z.string().min(1).optional(),
      ...editConditions,
    }),
  ])
  .meta({ id: 'HeaderEdit' });
const headerEdits = z.array(headerEdit).max(64).optional();

const headerRule = z
  .strictObject({
    ...scope,
    match: z.array(matcher).optional(),
    phase: z.literal('beforeMatching').optional(),
    request: headerEdits,
    response: headerEdits,
    requestTrailers: headerEdits,
    responseTrailers: headerEdits,
  })
  .meta({ id: 'HeaderRule' });

export const pluginConfigurationSchema = z
  .strictObject({
    version: z.literal(1),
    logLevel: z.enum(['off', 'error', 'warn', 'info', 'debug']).optional().describe('Default warn.'),
    portsFrom: z
      .enum(['authority', 'virtualHost'])
      .optional()
      .describe(
        'Where ports of rules are looked for: in the authority (default), or at the end of the name of the virtual host.',
      ),
    patterns: z
      .array(z.strictObject({ expression: z.string(), table: z.string().describe('Base64.') }))
      .optional(),
    rateLimits: z.array(rateLimitRule).optional(),
    quotaSchedulers: z.array(quotaScheduler).optional(),
    circuitBreakers: z.array(circuitBreaker).optional(),
    headerRules: z.array(headerRule).optional(),
  })
  .describe('What Sluice’s Wasm module reads.');

/** Fails to compile when a valid document of the contract would not fit the schema. */
type Accepts<Schema extends z.ZodType, Contract extends z.input<Schema>> = Contract;
export type CheckedPluginConfiguration = Accepts<typeof pluginConfigurationSchema, PluginConfiguration>;

/** The schema as JSON Schema 2020-12. */
export function pluginConfigurationJsonSchema(): object {
  return {
    $id: 'https://sluice.dev/schema/plugin-configuration.schema.json',
    title: 'Sluice plugin configuration',
    ...z.toJSONSchema(pluginConfigurationSchema),
  };
}

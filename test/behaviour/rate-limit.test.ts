import { rateLimitCases } from './rate-limit-cases.ts';
import { runOnBoth } from './run-cases.ts';

runOnBoth('rate limiting', rateLimitCases);

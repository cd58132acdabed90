import { rateLimitCases } from './rate-limit-cases.ts';
import { describeCases } from './run-cases.ts';

describeCases('rate limiting', rateLimitCases);

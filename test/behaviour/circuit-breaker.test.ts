import { circuitBreakerCases } from './circuit-breaker-cases.ts';
import { describeCases } from './run-cases.ts';

describeCases('circuit breaking', circuitBreakerCases);

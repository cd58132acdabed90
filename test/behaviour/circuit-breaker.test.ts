import { circuitBreakerCases } from './circuit-breaker-cases.ts';
import { runOnBoth } from './run-cases.ts';

runOnBoth('circuit breaking', circuitBreakerCases);

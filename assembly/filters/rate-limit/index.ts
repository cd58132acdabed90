/** Entry of rate-limit.wasm: rate limiting alone. */
import { functions } from '../section';
import { RateLimiting } from './rate-limiting';

export * from '../plugin';

functions.push(new RateLimiting());

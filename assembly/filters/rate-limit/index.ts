/** Entry of rate-limit.wasm: rate limiting alone. */
export * from '../plugin';

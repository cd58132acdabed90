import { defineConfig } from 'vitest/config';

/** Suites on real clusters and containers, one file at a time: `vitest run --config vitest.heavy.config.ts test/heavy/<suite>`. */
export default defineConfig({
  test: {
    include: ['test/heavy/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 900_000,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{host,bench,test}/**/*.test.ts'],
    // Suites that build a cluster or a container; each has a target of its own and vitest.heavy.config.ts.
    exclude: ['test/heavy/**'],
    // Two cores: more would only take turns.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from 'vitest/config'

/** Real clients and long trials: `npm run interop`. Not part of `npm test`, for its time and for the tools that it needs. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    // Real processes on a shared machine: where nobody looks, one stumble is no verdict. It is reported as such.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    include: ['test/interop/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})

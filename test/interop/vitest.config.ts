import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Real clients and long trials: `npm run interop`. Not part of `npm test`, for its time and for the tools that it needs. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    // Real processes on a shared machine: where nobody looks, one stumble is no verdict. It is reported as such.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    include: [
      'test/interop/**/*.test.ts',
      'test/compat/broker-directory.test.ts',
      'test/compat/commands-on-kafka.test.ts',
      // Part of `npm test` too, which takes every eighteenth of the kills before system calls, and the first few seeds.
      'test/storage/faults.test.ts',
      'test/simulation/*.test.ts',
    ],
    env: { TSLOG_FAULT_STEP: '3', TSLOG_SIMULATION_SEEDS: '1000' },
    setupFiles: ['./test/support/quiet-kafkajs.ts'],
    pool: 'threads',
    maxWorkers: 1,
    // Vitest's own second is too short for a process that starts on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})

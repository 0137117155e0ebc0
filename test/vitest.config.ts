import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './support/longest-first.ts'

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    // Real processes on a shared machine: where nobody looks, one stumble is no verdict. It is reported as such.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    include: ['test/**/*.test.ts'],
    // Have their own configuration, and their own step in CI: what takes longest with a real Kafka, for its time.
    exclude: ['test/interop/**', 'test/compat/broker-directory.test.ts', 'test/compat/commands-on-kafka.test.ts'],
    setupFiles: ['./test/support/quiet-kafkajs.ts'],
    pool: 'threads',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Vitest's own second is too short for a process that starts on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})

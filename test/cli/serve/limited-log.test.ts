import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BrokerLog } from '../../../src/broker/broker-log.ts'
import { LimitedLog } from '../../../src/cli/serve/limited-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('of what is told again and again the first lines are told, and then how many more there were', () => {
  const told: unknown[] = []
  const tell =
    (level: string): BrokerLog['info'] =>
    (event, facts) =>
      told.push([level, event, facts])
  const log = new LimitedLog({ info: tell('info'), warn: tell('warn'), error: tell('error') })
  for (let at = 0; at < 1_000; at++) log.warn('connection closed', { at })
  log.error('appends refused', { partition: 0 })
  expect(told).toHaveLength(11)
  expect(told[9]).toEqual(['warn', 'connection closed', { at: 9 }])
  vi.advanceTimersByTime(10_000)
  expect(told.slice(11)).toEqual([['warn', 'connection closed', { more: 990, seconds: 10 }]])
  log.warn('connection closed', { at: 1_000 })
  vi.advanceTimersByTime(20_000)
  expect(told.slice(12)).toEqual([['warn', 'connection closed', { at: 1_000 }]])
  for (let at = 0; at < 100; at++) log.info('topic created')
  expect(told).toHaveLength(113)
})

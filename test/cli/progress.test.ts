import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ProgressLine, showStatusOnSignal } from '../../src/cli/progress.ts'

function line(isTerminal = true): { progress: ProgressLine; written: string[]; clock: { ms: number; now(): number } } {
  const clock = { ms: 1_000_000, now: () => clock.ms }
  const written: string[] = []
  return { progress: new ProgressLine({ clock, isTerminal, write: (text) => written.push(text) }), written, clock }
}

describe('ProgressLine', () => {
  test('says how far it is, how fast, and how long it takes', () => {
    const { progress, written, clock } = line()
    clock.ms += 2000
    progress.update({ bytes: 2 ** 20, records: 50_000, bytesTotal: 4 * 2 ** 20 })
    expect(written).toEqual(['\r1 MiB of 4 MiB, 50k records, 25k/s, 6s left\u001b[K'])
  })

  test('says nothing of the end in the first moments', () => {
    const { progress, written, clock } = line()
    clock.ms += 100
    progress.update({ bytes: 2 ** 20, records: 50_000, bytesTotal: 4 * 2 ** 20 })
    expect(written).toEqual(['\r1 MiB of 4 MiB, 50k records, 500k/s\u001b[K'])
  })

  test('draws ten times a second at most, however often it is told', () => {
    const { progress, written, clock } = line()
    for (let i = 0; i < 1000; i++, clock.ms++) progress.update({ bytes: i, records: i })
    expect(written).toHaveLength(10)
  })

  test('goes on when the clock is set back', () => {
    const { progress, written, clock } = line()
    progress.update({ bytes: 1, records: 1 })
    clock.ms -= 3_600_000
    progress.update({ bytes: 2, records: 2 })
    expect(written).toHaveLength(2)
  })

  test('takes its line away', () => {
    const { progress, written } = line()
    progress.clear()
    expect(written).toEqual([])
    progress.update({ bytes: 1, records: 1 })
    progress.clear()
    expect(written.at(-1)).toBe('\r\u001b[K')
  })

  test('is silent without a terminal but for SIGUSR1', () => {
    const { progress, written } = line(false)
    const source = new EventEmitter()
    const watch = showStatusOnSignal(progress, source)
    progress.update({ bytes: 10, records: 1 })
    expect(written).toEqual([])
    source.emit('SIGUSR1')
    expect(written).toEqual(['10 B, 1 record\n'])
    watch[Symbol.dispose]()
    expect(source.eventNames()).toEqual([])
  })
})

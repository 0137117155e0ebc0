import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { type BinaryRunner, ended, outcome } from '../support/binary-runner.ts'

// Every writer, reader and cleaner here is the shipped binary, in a process of its own.

const keysEach = 5

/** Writes `<name>-<key>:<n>` for n = 0, 1... in turn over its keys, in small batches, until it is told to stop. */
function startProducer(log: BinaryRunner, name: string): { stop(): Promise<number> } {
  const child = log.start(['produce', 't', '-K', ':', '--linger', '0', '--batch-size', '300', '--fsync', 'never'])
  const result = outcome(child)
  let number = 0
  let isStopped = false
  const feed = (): void => {
    if (isStopped) return
    const lines = Array.from({ length: 25 }, () => {
      const line = `${name}-${number % keysEach}:${Math.floor(number / keysEach)}\n`
      number++
      return line
    })
    child.stdin?.write(lines.join(''), () => setTimeout(feed, 10))
  }
  feed()
  return {
    stop: async () => {
      isStopped = true
      child.stdin?.end()
      expect(await result).toMatchObject({ code: 0, stderr: '' })
      return Math.floor((number - 1) / keysEach)
    },
  }
}

interface Seen {
  readonly offset: number
  readonly key: string
  readonly number: number
}

function parse(text: string): Seen[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const [offset, key = '', number] = line.split(' ')
    return { offset: Number(offset), key, number: Number(number) }
  })
}

const format = ['-f', '%o %k %s\\n']

/** Throws unless offsets and the numbers of each key only grow; returns the last number of each key. */
function lastOfEach(seen: readonly Seen[]): Map<string, number> {
  const last = new Map<string, number>()
  let before = -1
  for (const { offset, key, number } of seen) {
    if (offset <= before) throw new Error(`offset ${offset} after ${before}`)
    before = offset
    if (number <= (last.get(key) ?? -1)) throw new Error(`${key} goes back to ${number} at offset ${offset}`)
    last.set(key, number)
  }
  return last
}

/** Whether a reader that still goes on has printed the last number of each key. */
function isThrough(text: string, final: ReadonlyMap<string, number>): boolean {
  const last = lastOfEach(parse(text.slice(0, text.lastIndexOf('\n') + 1)))
  return [...final].every(([key, number]) => last.get(key) === number)
}

/** Throws when a key that was there is gone, or back at an older value. */
function expectNothingLost(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): void {
  for (const [key, number] of before) {
    if ((now.get(key) ?? -1) < number) throw new Error(`${key} was at ${number} and is at ${now.get(key)}`)
  }
}

describe('compaction beside producers and readers', () => {
  test(
    'shows every reader the last value of each key, and no reader a gap, a repeat or a step back',
    { timeout: 60_000 },
    async () => {
      const log = new BinaryLog()
      const configs = ['cleanup.policy=compact', 'segment.bytes=16384']
      log.done(['topics', 'create', 't', ...configs.flatMap((one) => ['-c', one])])
      const producers = ['a', 'b'].map((name) => startProducer(log, name))
      const follower = log.start(['consume', 't', '--follow', ...format])
      const followed = outcome(follower)
      let text = ''
      follower.stdout?.on('data', (data: Buffer) => (text += data.toString()))
      let before = new Map<string, number>()
      let cleaned = 0
      for (let round = 0; round < 5; round++) {
        await sleep(60)
        // Two at once: one does it, the other one may find it being done.
        const runs = await Promise.all(
          [0, 1].map(() => outcome(log.start(['compact', 't', '--dirty-ratio', '0', '--json']))),
        )
        for (const { code, stdout, stderr } of runs) {
          expect([0, 6], stderr).toContain(code)
          if (stdout.toString().includes('recordsAfter')) cleaned++
        }
        const now = lastOfEach(parse(log.done(['consume', 't', ...format])))
        expectNothingLost(before, now)
        before = now
      }
      const [last = 0] = await Promise.all(producers.map((producer) => producer.stop()))
      const final = lastOfEach(parse(log.done(['consume', 't', ...format])))
      expectNothingLost(before, final)
      expect(final.get('a-0')).toBe(last)
      expect(final.size).toBe(2 * keysEach)
      expect(cleaned).toBeGreaterThan(1)
      await expect.poll(() => isThrough(text, final), { interval: 200 }).toBe(true)
      await ended(follower, 'SIGINT')
      expect(lastOfEach(parse((await followed).stdout.toString()))).toEqual(final)
      expect(log.run(['verify']).stdout.toString()).toBe('')
      expect(readdirSync(log.path('t-0')).filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
    },
  )

  test('that is killed at any moment loses nothing, and the next one goes on', { timeout: 60_000 }, async () => {
    const log = new BinaryLog()
    const configs = ['cleanup.policy=compact', 'segment.bytes=65536']
    log.done(['topics', 'create', 't', ...configs.flatMap((one) => ['-c', one])])
    const lines = (round: number): string =>
      Array.from({ length: 20_000 }, (_, n) => `key-${n % 100}:${round * 200 + Math.floor(n / 100)}\n`).join('')
    for (let round = 0; round < 5; round++) {
      log.done(['produce', 't', '-K', ':', '--batch-size', '2000', '--fsync', 'never'], lines(round))
      const before = lastOfEach(parse(log.done(['consume', 't', ...format])))
      const child = log.start(['compact', 't', '--dirty-ratio', '0'])
      await sleep(30 + 20 * round)
      await ended(child, 'SIGKILL')
      expect(lastOfEach(parse(log.done(['consume', 't', ...format])))).toEqual(before)
    }
    const before = lastOfEach(parse(log.done(['consume', 't', ...format])))
    log.done(['compact', 't', '--dirty-ratio', '0'])
    const seen = parse(log.done(['consume', 't', ...format]))
    expect(lastOfEach(seen)).toEqual(before)
    expect(seen.length).toBeLessThan(10_000)
    expect(readdirSync(log.path('t-0')).filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
  })
})

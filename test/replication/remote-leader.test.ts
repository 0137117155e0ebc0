import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { endOfBatches } from '../../src/replication/end-of-batches.ts'
import { nextOffset } from '../../src/replication/peer-apis.ts'
import { type Ask, RemoteLeader } from '../../src/replication/remote-leader.ts'
import { asTheyAre } from '../../src/replication/travelling-batches.ts'
import { batch } from '../support/batches.ts'

const partition = { topic: 't', partition: 0 }

/** Each look at the clock is a moment later, so that the way there and back is as long as an answer. */
let nowMs = 0
const far = { name: 'far', isSlow: false, aheadMin: 1, elapsedMs: (): number => (nowMs += 10) }

const muchAt = (baseOffset: bigint): Uint8Array =>
  batch({ baseOffset: offset(baseOffset), values: Array.from({ length: 300 }, () => 'x'.repeat(1000)) })

test('little is asked for ahead in all, however many partitions are fetched', async () => {
  let asked = 0
  const ask = ((): Promise<unknown> => {
    asked += 1
    return asked <= 12 ? Promise.resolve(asTheyAre(muchAt(0n))) : new Promise(() => undefined)
  }) as Ask
  const leader = new RemoteLeader({ ...far, ask, giveBack: () => {}, close: () => {} })
  for (let number = 0; number < 6; number++) await leader.fetch({ topic: 't', partition: number }, offset(0))
  expect(asked).toBe(6 + 6)
})

test('what is to be checked is asked for ahead so too, and what was not is not taken for it', async () => {
  const asked: boolean[] = []
  const ask = ((_: unknown, { isChecked }: { isChecked: boolean }): Promise<unknown> => {
    asked.push(isChecked)
    return Promise.resolve(asTheyAre(muchAt(BigInt(asked.length - 1) * 300n)))
  }) as Ask
  const leader = new RemoteLeader({ ...far, ask, giveBack: () => {}, close: () => {} })
  await leader.fetch(partition, offset(0), true)
  const ahead = asked.length - 1
  expect(ahead).toBeGreaterThan(0)
  for (let i = 1; i <= ahead; i++) await leader.fetch(partition, offset(i * 300), true)
  expect(asked.length).toBe(1 + 2 * ahead)
  expect(new Set(asked)).toEqual(new Set([true]))
  const before = asked.length
  await leader.fetch(partition, offset(30))
  await leader.fetch(partition, offset((before + 1) * 300), true)
  expect(asked.slice(before).indexOf(true)).toBeGreaterThan(0)
})

test('what was not there yet when it was asked for ahead is asked for again', async () => {
  let end = 300
  let given: bigint | undefined
  const ask = ((_: unknown, { offset: asked }: { offset: bigint }): Promise<unknown> => {
    const from = asked === nextOffset ? given : asked
    given = from !== undefined && from < end ? from + 300n : undefined
    return Promise.resolve(asTheyAre(from === undefined || given === undefined ? new Uint8Array() : muchAt(from)))
  }) as Ask
  const leader = new RemoteLeader({ ...far, ask, giveBack: () => {}, close: () => {} })
  await leader.fetch(partition, offset(0))
  end = 900
  expect(endOfBatches(await leader.fetch(partition, offset(300)))).toBe(600n)
  expect(endOfBatches(await leader.fetch(partition, offset(600)))).toBe(900n)
  expect((await leader.fetch(partition, offset(900))).length).toBe(0)
})

test('what was asked for ahead and is not wanted any more is given back once, and to nobody afterwards', async () => {
  const answers: ((bytes: Uint8Array) => void)[] = []
  const ask = ((): Promise<unknown> =>
    new Promise((resolve) => answers.push((bytes) => resolve(asTheyAre(bytes))))) as Ask
  const givenBack: Uint8Array[] = []
  const leader = new RemoteLeader({
    ...far,
    ask,
    giveBack: (bytes) => void givenBack.push(bytes),
    close: () => undefined,
  })
  const first = leader.fetch(partition, offset(0))
  answers[0]?.(muchAt(0n))
  await first
  // Two more were asked for; somebody waits for the one that comes next, and somebody else begins elsewhere.
  const waiting = leader.fetch(partition, offset(300))
  const elsewhere = leader.fetch(partition, offset(9000))
  for (const [at, answer] of answers.entries()) if (at !== 1) answer(muchAt(BigInt(at * 300)))
  await elsewhere
  answers[1]?.(muchAt(300n))
  await waiting
  await new Promise((resolve) => setImmediate(resolve))
  expect(givenBack.length).toBe(1)
  const after = leader.fetch(partition, offset(600))
  for (const answer of answers) answer(muchAt(600n))
  expect(givenBack).not.toContain(await after)
  expect(new Set(givenBack).size).toBe(givenBack.length)
})

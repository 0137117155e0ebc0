import { expect, test } from 'vitest'
import { RequestLine } from '../../src/client/request-line.ts'

/** A request that notes its number when it goes. */
async function go(line: RequestLine, number: number, gone: number[]): Promise<void> {
  const turn = line.turn()
  if (turn !== undefined) {
    await turn
    line.leave(turn)
  }
  gone.push(number)
}

test('while nothing is in the way a request goes at once', () => {
  const line = new RequestLine()
  expect(line.turn()).toBe(undefined)
  line.renewWithin(60_000, () => Promise.reject(new Error('too early')))
  expect(line.turn()).toBe(undefined)
})

test('who is held back goes in order afterwards, those that come in the meantime behind the others', async () => {
  const line = new RequestLine()
  const gone: number[] = []
  const startMs = performance.now()
  line.hold(30)
  const requests = [1, 2, 3].map((number) => go(line, number, gone))
  line.hold(50)
  const follower = requests[0]?.then(() => go(line, 4, gone))
  await Promise.all([...requests, follower])
  expect(gone).toEqual([1, 2, 3, 4])
  expect(performance.now() - startMs).toBeGreaterThan(49)
  expect(line.turn()).toBe(undefined)
})

test('the proof is given once, before whoever waits for it; when it fails nobody goes', async () => {
  const line = new RequestLine()
  const gone: number[] = []
  let proofs = 0
  const prove = async (): Promise<void> => {
    await Promise.resolve()
    expect(gone).toEqual([])
    proofs++
    line.renewWithin(60_000, prove)
  }
  line.renewWithin(0, prove)
  await Promise.all([1, 2, 3].map((number) => go(line, number, gone)))
  expect([gone, proofs]).toEqual([[1, 2, 3], 1])
  line.renewWithin(0, () => Promise.reject(new Error('refused')))
  const refused = await Promise.allSettled([4, 5].map((number) => go(line, number, gone)))
  expect([refused.map(({ status }) => status), gone.length]).toEqual([['rejected', 'rejected'], 3])
})

test('when the connection has ended nobody is held back, and nothing is proven any more', async () => {
  const line = new RequestLine()
  const gone: number[] = []
  line.hold(600_000)
  line.renewWithin(0, () => Promise.reject(new Error('there is nobody to prove it to')))
  const requests = [1, 2].map((number) => go(line, number, gone))
  await new Promise((resolve) => setTimeout(resolve, 5))
  line.end()
  await Promise.all(requests)
  expect(gone).toEqual([1, 2])
  expect(line.turn()).toBe(undefined)
})

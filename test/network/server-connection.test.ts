import { expect, test } from 'vitest'
import { LentBuffers } from '../../src/network/lent-buffers.ts'
import type { ByteStream, ByteStreamEvents } from '../../src/network/byte-stream.ts'
import { RequestBudget } from '../../src/network/request-budget.ts'
import { type Answer, ServerConnection } from '../../src/network/server-connection.ts'
import { defaultServerLimits, type ServerLimits } from '../../src/network/server-limits.ts'

/** A client that sends and takes what the test says. */
class FakeStream implements ByteStream {
  readonly peer = 'client'
  readonly sent: string[] = []
  queuedBytes = 0
  isPaused = false
  isClosed = false
  #events: ByteStreamEvents | undefined
  #drained: (() => void)[] = []

  start(events: ByteStreamEvents): void {
    this.#events = events
  }

  send(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.sent.push(...new TextDecoder().decode(piece).split(''))
  }

  drained(): Promise<void> {
    return new Promise((resolve) => void this.#drained.push(resolve))
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(): void {
    this.isClosed = true
  }

  /** Requests come whose bodies are these letters: `p` is pipelined. */
  ask(...letters: string[]): void {
    for (const letter of letters) this.give(Uint8Array.from([0, 0, 0, 1, letter.charCodeAt(0)]))
  }

  give(bytes: Uint8Array): void {
    this.#events?.onBytes(bytes)
  }

  drain(): void {
    this.queuedBytes = 0
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}

/** A connection whose requests are answered when the test says so. */
class Scene {
  readonly stream = new FakeStream()
  readonly connection: ServerConnection
  readonly begun: string[] = []
  readonly causes: unknown[] = []
  readonly taken: ByteStream[] = []
  readonly budget: RequestBudget
  readonly buffers = new LentBuffers()
  nowMs = 0
  mutedUntilMs = -Infinity
  readonly #answers = new Map<string, (answer: Answer) => void>()

  /** `takers`: letters of requests that hand the connection over. */
  constructor(limits: Partial<ServerLimits> = {}, takers = '') {
    const all = { ...defaultServerLimits, ...limits }
    this.budget = new RequestBudget(all.queuedRequestBytesMax)
    const world = { limits: all, budget: this.budget, buffers: this.buffers, now: () => this.nowMs }
    this.connection = new ServerConnection(this.stream, world)
    const mutedUntilMs = (): number => this.mutedUntilMs
    this.connection.start({
      get mutedUntilMs() {
        return mutedUntilMs()
      },
      isPipelined: (request) => request[0] === 'p'.charCodeAt(0),
      takeOver: ([letter = 0]) =>
        takers.includes(String.fromCharCode(letter)) ? (stream) => void this.taken.push(stream) : undefined,
      isForgotten: (request) => request[0] === 'f'.charCodeAt(0),
      handle: (request) => this.#begin(String.fromCharCode(request[0] ?? 0)),
      onClose: (cause) => void this.causes.push(cause),
    })
  }

  /** Answers the request that was begun as the `at`th. */
  async answer(at: number): Promise<void> {
    this.#answers.get(String(at))?.([new TextEncoder().encode(String(at))])
    await this.settled()
  }

  async settled(): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }

  #begin(letter: string): Promise<Answer> {
    const at = this.begun.push(letter) - 1
    return new Promise((resolve) => void this.#answers.set(String(at), resolve))
  }
}

test('a request is begun when the one before it is answered', async () => {
  const scene = new Scene()
  scene.stream.ask('a', 'b')
  expect(scene.begun).toEqual(['a'])
  await scene.answer(0)
  expect(scene.begun).toEqual(['a', 'b'])
  expect(scene.stream.sent).toEqual(['0'])
})

test('the memory of a request that is forgotten is used again once it is answered, and no other', async () => {
  const scene = new Scene()
  const askLarge = (letter: string): void => {
    scene.stream.give(Uint8Array.from([0, 2, 0, 0, letter.charCodeAt(0)]))
    scene.stream.give(new Uint8Array(2 ** 17 - 1))
  }
  const free = (): ArrayBufferLike => {
    const taken = scene.buffers.take(2 ** 18)
    scene.buffers.give([taken])
    return taken.buffer
  }
  const before = free()
  askLarge('f')
  expect(free()).not.toBe(before)
  await scene.answer(0)
  expect(free()).toBe(before)
  askLarge('k')
  await scene.answer(1)
  expect(free()).not.toBe(before)
})

test('pipelined requests do not wait for each other, and are answered in their order', async () => {
  const scene = new Scene()
  scene.stream.ask('p', 'p', 'p', 'a', 'p')
  expect(scene.begun).toEqual(['p', 'p', 'p'])
  await scene.answer(2)
  await scene.answer(1)
  expect(scene.stream.sent).toEqual([])
  await scene.answer(0)
  expect(scene.stream.sent).toEqual(['0', '1', '2'])
  expect(scene.begun).toEqual(['p', 'p', 'p', 'a'])
  await scene.answer(3)
  expect(scene.begun.length).toBe(5)
})

test('while a client takes none of its answers no more of its requests are begun; then it goes on', async () => {
  const scene = new Scene({ unsentBytesMax: 10 })
  scene.stream.queuedBytes = 11
  scene.stream.ask('a')
  expect(scene.begun).toEqual([])
  scene.stream.drain()
  await scene.settled()
  expect(scene.begun).toEqual(['a'])
})

test('a client that is too far ahead is not read, and read again when it was answered', async () => {
  const scene = new Scene({ queuedRequestsMax: 2 })
  scene.stream.ask('a', 'b', 'c')
  expect(scene.stream.isPaused).toBe(true)
  await scene.answer(0)
  expect(scene.stream.isPaused).toBe(false)
})

test('when all together have sent too much those between two requests are not read', async () => {
  const scene = new Scene({ queuedRequestBytesMax: 8 })
  scene.stream.ask('a')
  expect(scene.stream.isPaused).toBe(false)
  scene.stream.ask('b')
  expect(scene.stream.isPaused).toBe(true)
  await scene.answer(0)
  expect(scene.budget.bytes).toBe(5)
  expect(scene.stream.isPaused).toBe(false)
  scene.connection.close()
  expect(scene.budget.bytes).toBe(0)
})

test('a request that never ends is overdue after its time, which grows with what came', () => {
  const scene = new Scene({ requestMs: 1000, requestBytesPerSecondMin: 10 })
  scene.stream.give(Uint8Array.from([0, 0, 1, 0]))
  scene.nowMs = 1399
  expect(scene.connection.overdue(scene.nowMs)).toBe(undefined)
  scene.nowMs = 1400
  expect(scene.connection.overdue(scene.nowMs)).toBe('slow request')
})

test('a client without a request is overdue after its time, one that waits for an answer is not', async () => {
  const scene = new Scene({ idleMs: 1000 })
  scene.stream.ask('a')
  scene.nowMs = 5000
  expect(scene.connection.overdue(scene.nowMs)).toBe(undefined)
  await scene.answer(0)
  expect(scene.connection.overdue(5999)).toBe(undefined)
  expect(scene.connection.overdue(6000)).toBe('idle')
})

test('a reader that takes nothing is overdue, one that takes a little is not', () => {
  const scene = new Scene({ unsentMs: 1000 })
  scene.stream.queuedBytes = 500
  expect(scene.connection.overdue(0)).toBe(undefined)
  scene.stream.queuedBytes = 499
  expect(scene.connection.overdue(999)).toBe(undefined)
  expect(scene.connection.overdue(1998)).toBe(undefined)
  expect(scene.connection.overdue(1999)).toBe('slow reader')
})

test('a frame that lies ends the connection, with the reason', () => {
  const scene = new Scene({ requestBytesMax: 100 })
  scene.stream.give(Uint8Array.from([0, 0, 0, 101]))
  expect(scene.stream.isClosed).toBe(true)
  expect(String(scene.causes)).toContain('a frame of 101 bytes is announced, 100 are allowed')
  expect(scene.causes.length).toBe(1)
})

test("a request may hand the connection over: what comes then is somebody else's, and nothing may have come before that", async () => {
  const scene = new Scene({}, 't')
  scene.stream.ask('t')
  const heard: number[] = []
  const causes: unknown[] = []
  const taken = scene.taken[0]
  taken?.start({ onBytes: (bytes) => void heard.push(...bytes), onClose: (cause) => void causes.push(cause) })
  await scene.settled()
  scene.stream.give(Uint8Array.from([1, 2]))
  expect(heard).toEqual([0, 0, 0, 1, 't'.charCodeAt(0), 1, 2])
  expect([scene.begun, scene.budget.isSpent]).toEqual([[], false])
  taken?.close()
  expect([causes.length, scene.stream.isClosed]).toEqual([1, true])

  const early = new Scene({}, 't')
  early.stream.give(Uint8Array.from([0, 0, 0, 1, 't'.charCodeAt(0), 0, 0]))
  expect(early.stream.isClosed).toBe(true)

  const behind = new Scene({}, 't')
  behind.stream.ask('a', 't')
  await behind.answer(0)
  expect([behind.taken, behind.begun]).toEqual([[], ['a', 't']])
})

test('a client that is muted is not read, and none of its requests is begun; afterwards it goes on', async () => {
  const scene = new Scene()
  scene.mutedUntilMs = 20
  scene.stream.ask('a', 'p')
  expect([scene.begun, scene.stream.isPaused]).toEqual([[], true])
  scene.nowMs = 20
  await expect.poll(() => scene.begun).toEqual(['a'])
  expect(scene.stream.isPaused).toBe(false)
})

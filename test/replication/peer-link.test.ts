import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { AnswerTurns } from '../../src/cli/replicate/answer-turns.ts'
import { ConnectionLostError, PeerLink } from '../../src/cli/replicate/peer-link.ts'
import type { ByteStream, ByteStreamEvents } from '../../src/network/byte-stream.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { topicsApi } from '../../src/replication/peer-apis.ts'
import { FileBytes } from '../../src/storage/file-bytes.ts'

/** The other side takes nothing and says nothing. */
class StuckStream implements ByteStream {
  readonly peer = 'host'
  queuedBytes = 0
  isPaused = false
  events: ByteStreamEvents | undefined
  readonly #drained: (() => void)[] = []

  start(events: ByteStreamEvents): void {
    this.events = events
  }

  send(): void {
    return undefined
  }

  drained(): Promise<void> {
    return new Promise((resolve) => void this.#drained.push(resolve))
  }

  drain(): void {
    this.queuedBytes = 0
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(): void {
    return undefined
  }
}

test('a side that has not said a byte for long is given up, with who it was', async () => {
  const link = new PeerLink(new StuckStream(), true, 50)
  const asked = link.ask(topicsApi, {})
  await expect(asked).rejects.toThrow(ConnectionLostError)
  await expect(asked).rejects.toThrow('host has not answered for 0.05 s')
  await expect(link.ended()).rejects.toThrow('host has not answered')
})

test('who waits for an answer hears of one that cannot be read', async () => {
  const stream = new StuckStream()
  const link = new PeerLink(stream, true)
  const asked = link.ask(topicsApi, {})
  // Its length, and whose answer it is; the rest is cut off.
  stream.events?.onBytes(Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 0, 255))
  await expect(asked).rejects.toThrow(MalformedMessageError)
  await expect(link.ended()).rejects.toThrow(MalformedMessageError)
})

test('a connection is of no use once a piece of an answer is not in its file any more', async () => {
  const link = new PeerLink(new StuckStream(), false)
  const file = new MemoryFileSystem().open('/log', 'create')
  file.write(new Uint8Array(100_000), 0)
  const piece = new Uint8Array(200_000)
  const bytes = new FileBytes({ file, position: 0, bytes: piece.length, nextOffset: offset(1) }, piece)
  link.sendUnread({ frame: [Uint8Array.of(1), piece, Uint8Array.of(2)] }, { piece, bytes })
  await expect(link.ended()).rejects.toThrow('the file is shorter than it was')
})

test('who asks for more than it takes is answered no further, and in the end not read any more', async () => {
  const stream = new StuckStream()
  const turns = new AnswerTurns(stream)
  let begun = 0
  const ends: (() => void)[] = []
  const ask = (count: number): void => {
    for (let i = 0; i < count; i++) turns.take(() => (begun++, new Promise((resolve) => void ends.push(resolve))))
  }
  ask(300)
  expect([begun, stream.isPaused]).toEqual([64, false])
  ask(300)
  expect([begun, stream.isPaused]).toEqual([64, true])
  stream.queuedBytes = 9 * 1024 * 1024
  for (const end of ends.splice(0)) end()
  await new Promise((resolve) => setImmediate(resolve))
  expect([begun, stream.isPaused]).toEqual([64, true])
  stream.drain()
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(128)
  while (begun < 600) {
    for (const end of ends.splice(0)) end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(stream.isPaused).toBe(false)
})

import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { PipeStream } from '../../../src/cli/replicate/pipe-stream.ts'
import { nativeCalls } from '../../../src/disk/native-calls.ts'
import { NodeFileSystem } from '../../../src/disk/node-file-system.ts'
import { sendPieces } from '../../../src/network/answer-pieces.ts'
import { FileBytes } from '../../../src/storage/file-bytes.ts'

/** A stream to a command and back, and all that came so far. */
class PipeScene {
  readonly stream: PipeStream
  readonly closed: Promise<unknown>
  #came = 0
  #sum = 0

  constructor(command: string, space?: Uint8Array) {
    const [to, from] = [nativeCalls()?.openPipe(), nativeCalls()?.openPipe()]
    if (to === undefined || from === undefined) throw new Error('no pipes')
    const child = spawn('sh', ['-c', command], { stdio: [to.readEnd, from.writeEnd, 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    closeSync(to.readEnd)
    closeSync(from.writeEnd)
    this.stream = new PipeStream('there', from.readEnd, to.writeEnd)
    this.closed = new Promise((onClose) => {
      const onBytes = (bytes: Uint8Array): void => {
        this.#came += bytes.length
        for (const byte of bytes) this.#sum = (this.#sum * 31 + byte) % 1_000_003
      }
      this.stream.start({ onBytes, onClose, space: () => space })
    })
  }

  get came(): { bytes: number; sum: number } {
    return { bytes: this.#came, sum: this.#sum }
  }
}

const large = Uint8Array.from({ length: 3_000_001 }, (_, at) => (at * 7) % 256)

function expected(...parts: Uint8Array[]): { bytes: number; sum: number } {
  let sum = 0
  for (const part of parts) for (const byte of part) sum = (sum * 31 + byte) % 1_000_003
  return { bytes: parts.reduce((total, { length }) => total + length, 0), sum }
}

describe('two pipes as a stream', () => {
  test.each([
    { where: 'memory of its own', space: undefined },
    { where: 'the space that is named', space: new Uint8Array(100_000) },
  ])('carry more than fits into them, in order, into $where', async ({ space }) => {
    const scene = new PipeScene('cat', space)
    const small = Uint8Array.of(1, 2, 3)
    const sent: number[] = []
    scene.stream.send([large, small], () => sent.push(1))
    scene.stream.send([new Uint8Array(0), small], () => sent.push(2))
    await scene.stream.drained()
    expect(scene.stream.queuedBytes).toBe(0)
    expect(sent).toEqual([1, 2])
    await expect.poll(() => scene.came).toEqual(expected(large, small, small))
    scene.stream.close()
    await scene.closed
  })

  test('carry what lies in a file from there, as far as it fits into them, and the rest behind it', async () => {
    const scene = new PipeScene('cat')
    const directory = mkdtempSync(join(tmpdir(), 'tslog-pipe-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'file'), large)
    const file = new NodeFileSystem().open(join(directory, 'file'), 'read')
    const sent: number[] = []
    const sendPart = (number: number, position: number, bytes: number): void => {
      const target = new Uint8Array(bytes)
      const unread = new FileBytes({ file, position, bytes, nextOffset: offset(0) }, target)
      const pieces = [Uint8Array.of(1, 2), target, Uint8Array.of(3)]
      sendPieces(scene.stream, pieces, { unreadOf: (one) => (one === target ? unread : undefined) }, () =>
        sent.push(number),
      )
    }
    sendPart(1, 5, 100_000)
    expect(sent).toEqual([1])
    sendPart(2, 0, large.length)
    file.close()
    await scene.stream.drained()
    expect(sent).toEqual([1, 2])
    const [head, tail] = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    const all = expected(head, large.subarray(5, 100_005), tail, head, large, tail)
    await expect.poll(() => scene.came).toEqual(all)
    scene.stream.close()
  })

  test('wait while they are paused', async () => {
    const scene = new PipeScene('cat')
    scene.stream.send([Uint8Array.of(1)])
    await expect.poll(() => scene.came.bytes).toBe(1)
    scene.stream.pause()
    scene.stream.send([large])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(scene.came.bytes).toBeLessThan(large.length)
    scene.stream.resume()
    await expect.poll(() => scene.came.bytes).toBe(1 + large.length)
    scene.stream.close()
  })

  test('pass on what the other side says after it reads no more', async () => {
    const scene = new PipeScene('head -c 10 > /dev/null; exec <&-; sleep 0.05; printf why')
    scene.stream.send([large])
    await scene.closed
    expect(scene.came).toEqual(expected(Buffer.from('why')))
  })

  test('end when the other side reads no more and does not end', async () => {
    const scene = new PipeScene('head -c 10 > /dev/null; exec <&-; exec sleep 60')
    scene.stream.send([large])
    expect(await scene.closed).toMatchObject({ code: 'EPIPE' })
  })

  test('end when the other side does, whatever waits to be sent', async () => {
    const scene = new PipeScene('head -c 10; exit')
    scene.stream.send([large])
    await scene.closed
    await scene.stream.drained()
    expect(scene.came).toEqual(expected(large.subarray(0, 10)))
    scene.stream.send([large])
    expect(scene.stream.queuedBytes).toBe(0)
  })
})

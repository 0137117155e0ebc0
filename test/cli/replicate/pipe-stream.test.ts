import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PipeStream } from '../../../src/cli/replicate/pipe-stream.ts'
import { nativeCalls } from '../../../src/disk/native-calls.ts'

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

import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { SignalWatch } from '../../src/cli/signals.ts'
import type { SignalSource } from '../../src/cli/signals.ts'

class FakeProcess extends EventEmitter implements SignalSource {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

describe('SignalWatch', () => {
  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('notes the first %s and exits at once with %i on the second signal', (signal, code) => {
    const source = new FakeProcess()
    using watch = new SignalWatch({ source, ignored: new Set() })
    expect([watch.pending(), watch.stop.aborted]).toEqual([undefined, false])
    source.emit(signal)
    expect([watch.pending(), watch.stop.aborted, source.exits]).toEqual([signal, true, []])
    source.emit('SIGINT')
    expect(source.exits).toEqual([code])
  })

  test('leaves alone what the caller of the process ignores, as nohup does', () => {
    const source = new FakeProcess()
    using watch = new SignalWatch({ source, ignored: new Set(['SIGHUP']) })
    source.emit('SIGHUP')
    expect(watch.pending()).toBeUndefined()
  })

  test('gives the signals back when it is disposed', () => {
    const source = new FakeProcess()
    new SignalWatch({ source, ignored: new Set() })[Symbol.dispose]()
    expect(source.eventNames()).toEqual([])
  })
})

const directory = mkdtempSync(join(tmpdir(), 'tslog-signals-'))
afterAll(() => rmSync(directory, { recursive: true }))

const runtimes = [
  { name: 'Node', command: process.execPath },
  { name: 'Bun', command: fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url)) },
]

function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}

function start(command: string, name: string): ChildProcessWithoutNullStreams {
  return ended(spawn(command, [program(name)]))
}

/** A child that does not outlive its test, should that fail. */
function ended(child: ChildProcessWithoutNullStreams): ChildProcessWithoutNullStreams {
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe.each(runtimes)('under $name', ({ name, command }) => {
  test('a signal ends the wait for standard input, and is there after one turn', async () => {
    const child = start(command, 'read-until-signal')
    const output = text(child.stdout)
    await once(child.stdout, 'data')
    await asleep(child)
    child.kill('SIGTERM')
    expect(await output).toBe('waiting\ninterrupted undefined SIGTERM\n')
  })

  test('a signal ends the wait for a reader that sleeps, and no byte is lost', async () => {
    const child = start(command, 'write-until-signal')
    const said = text(child.stderr)
    await once(child.stderr, 'data')
    await asleep(child)
    child.kill('SIGTERM')
    const written = await text(child.stdout)
    expect(written.length).toBeGreaterThan(65_536)
    expect(await said).toBe(`writing\nstopping\n${written.length / 100} SIGTERM\n`)
  })

  test('a signal ends the wait for a pipe that was full from the start', async () => {
    const fifo = join(directory, `full-${name}`)
    // Opened for both ways, so that nobody waits for anybody; filled until not one byte more goes in.
    const fill = `dd if=/dev/zero of='${fifo}' oflag=nonblock bs=4096 count=1000 2>/dev/null`
    const script = `mkfifo '${fifo}'; exec 3<>'${fifo}'; ${fill}; exec '${command}' '${program('write-until-signal')}' >&3`
    const child = ended(spawn('bash', ['-c', script]))
    const said = child.stderr.setEncoding('utf8')[Symbol.asyncIterator]()
    expect((await said.next()).value).toBe('writing\n')
    await asleep(child)
    child.kill('SIGTERM')
    expect((await said.next()).value).toBe('stopping\n')
    const reader = createReadStream(fifo).resume()
    expect((await said.next()).value).toMatch(/^\d+ SIGTERM\n$/)
    reader.destroy()
  })
})

/** Waits until the process sleeps in the kernel. */
async function asleep({ pid }: { pid?: number | undefined }): Promise<void> {
  const isAsleep = (): boolean => /^State:\tS/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  for (let seen = 0; seen < 5; seen = isAsleep() ? seen + 1 : 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

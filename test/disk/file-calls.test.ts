import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type FileLibc, LinuxFileCalls } from '../../src/disk/linux-file-calls.ts'

const bun = fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url))
const program = fileURLToPath(new URL('fixtures/both-file-calls.ts', import.meta.url))

interface Said {
  readonly kind: string
  readonly libc: unknown
  readonly node: unknown
  readonly usedWithout: string[]
}

let heard: Said | undefined

function bothCalls(): Said {
  heard ??= JSON.parse(execFileSync(bun, [program], { encoding: 'utf8', maxBuffer: 2 ** 26 })) as Said
  return heard
}

test("libc's calls give in the binary what those of node:fs give, failures too", () => {
  const { kind, libc, node } = bothCalls()
  expect(kind).toBe('LinuxFileCalls')
  expect(libc).toEqual(node)
})

test('a libc that lacks one of the functions, as glibc 2.28 does, is not used', () => {
  expect(bothCalls().usedWithout).toEqual([])
})

test('a signal ends neither a look at a file nor the list of a directory', () => {
  const calls = new LinuxFileCalls(new InterruptedLibc())
  expect(calls.statusAt('x')?.size).toBe(0)
  expect(calls.statusOf(5).size).toBe(0)
  expect(calls.list('x')).toEqual([])
})

/** Every other call is interrupted by a signal; files have no bytes, directories no names. */
class InterruptedLibc implements FileLibc {
  #calls = 0

  readonly open = (): number => this.#answer(5)
  readonly close = (): number => 0
  readonly read = (): number => this.#answer(0)
  readonly readAt = (): number => this.#answer(0)
  readonly write = (): number => this.#answer(0)
  readonly writeAt = (): number => this.#answer(0)
  readonly statx = (): number => this.#answer(0)
  readonly listInto = (): number => this.#answer(0)
  readonly sync = (): number => this.#answer(0)

  errno(): number {
    return 4
  }

  #answer(result: number): number {
    return this.#calls++ % 2 === 0 ? -1 : result
  }
}

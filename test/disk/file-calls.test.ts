import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const bun = fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url))
const program = fileURLToPath(new URL('fixtures/both-file-calls.ts', import.meta.url))

interface Said {
  readonly kind: string
  readonly libc: unknown
  readonly node: unknown
  readonly usedWithout: string[]
}

function bothCalls(): Said {
  return JSON.parse(execFileSync(bun, [program], { encoding: 'utf8', maxBuffer: 2 ** 26 })) as Said
}

test("libc's calls give in the binary what those of node:fs give, failures too", () => {
  const { kind, libc, node } = bothCalls()
  expect(kind).toBe('LinuxFileCalls')
  expect(libc).toEqual(node)
})

test('a libc that lacks one of the functions, as glibc 2.28 does, is not used', () => {
  expect(bothCalls().usedWithout).toEqual([])
})

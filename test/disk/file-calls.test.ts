import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const bun = fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url))
const program = fileURLToPath(new URL('fixtures/both-file-calls.ts', import.meta.url))

test("libc's calls give in the binary what those of node:fs give, failures too", () => {
  const said = execFileSync(bun, [program], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const { kind, libc, node } = JSON.parse(said) as { kind: string; libc: unknown; node: unknown }
  expect(kind).toBe('LinuxFileCalls')
  expect(libc).toEqual(node)
})

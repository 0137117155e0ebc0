import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const bun = fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url))
const module = fileURLToPath(new URL('../../src/cli/closed-descriptor.ts', import.meta.url))

/** What `isClosedDescriptor(fd)` says in a process that a shell started with these redirections. */
function answer(runtime: string, fd: number, redirections: string): string {
  const script = `const { isClosedDescriptor } = await import('${module}'); console.error(isClosedDescriptor(${fd}))`
  const flags = runtime === bun ? '' : '--input-type=module'
  const { stderr } = spawnSync('bash', ['-c', `'${runtime}' ${flags} -e "${script}" ${redirections}`], {
    encoding: 'utf8',
  })
  return stderr.trim()
}

describe('isClosedDescriptor', () => {
  test.each([
    [1, '>&-', 'true'],
    [0, '<&-', 'true'],
    [1, '>/dev/null', 'false'],
    [1, '1<>/dev/null', 'false'],
    [0, '</dev/null', 'false'],
    [1, '| cat', 'false'],
  ])('of %i after %s is %s under Bun', (fd, redirections, expected) => {
    expect(answer(bun, fd, redirections)).toBe(expected)
  })

  test('is false under Node, which marks what it inherits as its own', () => {
    expect(answer(process.execPath, 1, '>/dev/null')).toBe('false')
  })
})

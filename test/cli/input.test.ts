import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { InputError, InputReader, NOTHING_YET, systemInputCalls } from '../../src/cli/input.ts'
import type { InputCalls } from '../../src/cli/input.ts'

const directory = mkdtempSync(join(tmpdir(), 'tslog-input-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

function failing(code: string): InputCalls {
  const read = (): number => {
    throw Object.assign(new Error(code), { code })
  }
  return { ...systemInputCalls(), read }
}

describe('InputReader', () => {
  test('reads a file in the pieces that are asked for', () => {
    const input = InputReader.open(file('five', 'abcde'))
    const target = new Uint8Array(4)
    expect(input.waitReadable(0)).toBe('ready')
    expect(Buffer.from(target.subarray(0, input.readInto(target))).toString()).toBe('abcd')
    expect(Buffer.from(target.subarray(0, input.readInto(target))).toString()).toBe('e')
    expect(input.readInto(target)).toBe(0)
    expect([input.size, input.bytesRead, input.isTerminal]).toEqual([5, 5, false])
    input.close()
  })

  test('looks at the first bytes without reading them away', () => {
    const input = InputReader.open(file('peek', 'abcde'))
    expect(Buffer.from(input.peek(3)).toString()).toBe('abc')
    expect(input.readInto(new Uint8Array(10))).toBe(5)
    input.close()
  })

  test('names a file that is not there', () => {
    const path = join(directory, 'none')
    expect(() => InputReader.open(path)).toThrow(
      new InputError(`cannot read ${path}: no such file or directory (ENOENT)`),
    )
  })

  test('refuses a directory', () => {
    expect(() => InputReader.open(directory)).toThrow(
      new InputError(`cannot read ${directory}: is a directory (EISDIR)`),
    )
  })

  test('does not wait inside a read: an empty non-blocking pipe has nothing yet', () => {
    const input = InputReader.open(file('nothing', ''), failing('EAGAIN'))
    expect(input.readInto(new Uint8Array(1))).toBe(NOTHING_YET)
    input.close()
  })

  test('says what the system said of a failed read', () => {
    const input = InputReader.open(file('broken', ''), failing('EIO'))
    expect(() => input.readInto(new Uint8Array(1))).toThrow(`${input.name}: input/output error (EIO)`)
    input.close()
  })

  test('waits for whoever is to write into a named pipe no longer than it is told', () => {
    const path = join(directory, 'lonely')
    execFileSync('mkfifo', [path])
    const input = InputReader.open(path)
    expect(input.waitReadable(20)).toBe('timeout')
    execFileSync('bash', ['-c', `exec 3<>'${path}'; echo x >&3`])
    expect(input.waitReadable(-1)).toBe('ready')
    input.close()
  })

  test('waits for a pipe no longer than it is told', () => {
    const path = join(directory, 'fifo')
    execFileSync('mkfifo', [path])
    // Both ends are ours: what is opened for reading and writing does not wait for another process.
    const script = `exec 3<>'${path}'; exec '${process.execPath}' --input-type=module -e "
      const { InputReader } = await import('${new URL('../../src/cli/input.ts', import.meta.url).href}')
      const input = InputReader.standardInput(undefined, 3)
      console.log(input.waitReadable(20))
      process.getBuiltinModule('node:fs').writeSync(3, 'x')
      console.log(input.waitReadable(-1), input.readInto(new Uint8Array(9)))"`
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('timeout\nready 1\n')
  })
})

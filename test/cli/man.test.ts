import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { manPages } from '../../src/packaging/man-pages.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const directory = new URL('../../man', import.meta.url).pathname
const pages = await manPages()
const mandoc = toolOrSkip('mandoc')

describe('the man pages', () => {
  test('are those that the specifications make (npm run man writes them)', () => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.1'))
    expect(names.toSorted()).toEqual([...pages.keys()].toSorted())
    for (const [name, source] of pages) expect(readFileSync(path.join(directory, name), 'utf8'), name).toBe(source)
  })

  test.skipIf(mandoc === undefined).each([...pages.keys()])('mandoc has nothing against %s', (name) => {
    const complaints = execFileSync(mandoc ?? '', ['-T', 'lint', '-W', 'warning', path.join(directory, name)], {
      encoding: 'utf8',
    })
    expect(complaints).toBe('')
  })

  test.skipIf(mandoc === undefined)('show words as they are to be typed', () => {
    const shown = execFileSync(
      mandoc ?? '',
      ['-T', 'ascii', '-O', 'width=200', path.join(directory, 'tslog-produce.1')],
      { encoding: 'utf8' },
    )
    // oxlint-disable-next-line no-control-regex -- mandoc overstrikes for bold and underline
    const text = shown.replace(/.\u0008/g, '')
    expect(text).toContain("printf 'host-1:up\\nhost-2:down\\n' | tslog produce hosts -K:")
    expect(text).toContain('-z, --compression CODEC[:LEVEL]')
    expect(text).toContain('Escapes: \\n \\t \\xHH.')
  })
})

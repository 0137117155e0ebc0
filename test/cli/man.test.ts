import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { manPages } from '../../src/packaging/man-pages.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const directory = fileURLToPath(new URL('../../man', import.meta.url))
const pages = await manPages()
const mandoc = toolOrSkip('mandoc')

/** Whether mandoc only misses a page that would be installed beside this one. */
function namesOneOfOurs(complaint: string): boolean {
  const [, name = ''] = /STYLE: referenced manual not found: Xr (\S+) 1\b/.exec(complaint) ?? []
  return pages.has(`${name}.1`)
}

describe('the man pages', () => {
  test('are those that the specifications make (npm run man writes them)', () => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.1'))
    expect(names.toSorted()).toEqual([...pages.keys()].toSorted())
    for (const [name, source] of pages) expect(readFileSync(path.join(directory, name), 'utf8'), name).toBe(source)
  })

  test.skipIf(mandoc === undefined)('mandoc has nothing against them', () => {
    const files = [...pages.keys()].map((name) => path.join(directory, name))
    const { stdout } = spawnSync(mandoc ?? '', ['-T', 'lint', ...files], { encoding: 'utf8' })
    const complaints = stdout.split('\n').filter((line) => !namesOneOfOurs(line))
    expect(complaints).toEqual([''])
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

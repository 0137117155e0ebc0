import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBinary, runShell } from '../../support/run-binary.ts'

interface Output {
  readonly name: string
  /** Run by bash with `$tslog`; `$group` is one that nothing else uses. The topic has a million bytes in 10,000 lines. */
  readonly script: string
  readonly code?: number
  readonly stdout: string
  readonly says?: RegExp
  /** What the group has committed afterwards; undefined for nothing. */
  readonly committed?: string
}

const lineCount = 10_000
const line = (index: number): string => `${index} `.padEnd(99, 'x')
const lines = (start: number, end: number): string =>
  Array.from({ length: end - start }, (_, index) => `${line(start + index)}\n`).join('')
const readerGone = /^tslog: the reader of the output has gone: nothing more is committed/

/** `code` is that of consume, whatever the rest of the pipe says. */
const zoo: readonly Output[] = [
  {
    name: 'a reader to the end',
    script: '$tslog consume t -g $group | tail -n 1',
    stdout: lines(9999, 10_000),
    committed: '10000',
  },
  {
    name: 'a reader of one line',
    script: '$tslog consume t -g $group | head -n 1',
    stdout: lines(0, 1),
    says: readerGone,
  },
  {
    name: 'a reader that dies inside a record',
    script: '$tslog consume t -g $group | head -c 150',
    stdout: lines(0, 2).slice(0, 150),
    says: readerGone,
  },
  { name: 'a reader that takes nothing', script: '$tslog consume t -g $group | true', stdout: '', says: readerGone },
  {
    name: 'a slow reader',
    script: '$tslog consume t -g $group | { head -c 100; sleep 0.3; tail -n 1; }',
    stdout: lines(0, 1) + lines(9999, 10_000),
    committed: '10000',
  },
  {
    name: 'a full device',
    script: '$tslog consume t -g $group > /dev/full',
    code: 1,
    stdout: '',
    says: /^tslog: cannot write to standard output: no space left on the device \(ENOSPC\)\n$/,
  },
  {
    name: 'a closed output',
    script: '$tslog consume t -g $group >&-',
    code: 1,
    stdout: '',
    says: /^tslog: standard output is closed\n {2}to throw the output away, use > \/dev\/null\n$/,
  },
  { name: 'no output wanted', script: '$tslog consume t -g $group > /dev/null', stdout: '', committed: '10000' },
  { name: 'so many records', script: '$tslog consume t -g $group -c 7', stdout: lines(0, 7), committed: '7' },
  {
    name: 'so many records, and the next so many',
    script: '$tslog consume t -g $group -c 2 > /dev/null; $tslog consume t -g $group -c 3',
    stdout: lines(2, 5),
    committed: '5',
  },
  { name: 'no records', script: '$tslog consume t -g $group -c 0', stdout: '', committed: '0' },
]

let home = ''

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'tslog-zoo-'))
  runBinary(['produce', 't', '-d', path.join(home, 'log')], lines(0, lineCount))
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

test.each(zoo.map((row, index) => ({ ...row, group: `group-${index}` })))(
  'consume writes to $name',
  ({ script, code = 0, stdout, says = /^$/, group, committed }) => {
    const log = path.join(home, 'log')
    const run = runShell(`group=${group}; ${script}; exit "\${PIPESTATUS[0]}"`, log)
    expect(run.stderr).toMatch(says)
    expect({ code: run.code, stdout: run.stdout.toString() }).toEqual({ code, stdout })
    const described = runBinary(['groups', 'describe', group, '-d', log])
    expect(described.code === 0 ? described.stdout.toString().split('\t')[3] : undefined).toBe(committed)
  },
)

import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import {
  CorruptSegmentError,
  DiskError,
  InterruptedError,
  LockedError,
  LockTimeoutError,
  NotAllowedError,
  NotFoundError,
  RefusedError,
  TemporaryError,
  UsageError,
} from '../../src/base/errors.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { ReaderGoneError } from '../../src/cli/output.ts'
import { describeError } from '../../src/cli/report-error.ts'
import { cannotWrite } from '../../src/cli/standard-streams.ts'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: some text, write`), { code })

test.each([
  [new UsageError('x'), 2],
  [new NotFoundError('x'), 3],
  [new CorruptSegmentError('f.log', 12, 'bad CRC'), 5],
  [new LockedError('x'), 6],
  [new LockTimeoutError('x'), 75],
  [new TemporaryError('x'), 75],
  [new NotAllowedError('x'), 77],
  [new RefusedError('x'), 1],
  [new InterruptedError('x'), 130],
  [cannotWrite('standard output', systemError('ENOSPC')), 1],
  [new DiskError('write', 'f.log', systemError('EIO')), 1],
  [new DiskError('write', 'f.log', systemError('ENOSPC')), 75],
  [new DiskError('write', 'f.log', systemError('EDQUOT')), 75],
  [new DiskError('open', 'f.log', systemError('EACCES')), 77],
  [new DiskError('open', 'f.log', systemError('EROFS')), 77],
  [systemError('EPERM'), 77],
  [systemError('ENOSPC'), 75],
  [new TypeError('x'), 1],
  ['x', 1],
])('%s ends with exit code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

describe('an error', () => {
  test('is one line and its hint', () => {
    const error = new UsageError('bad\nthing', { hint: 'do\nthis' })
    expect(describeError(error, { json: false })).toEqual({ text: 'tslog: bad thing\n  do this\n', exitCode: 2 })
  })

  test('is one JSON object on one line with --json', () => {
    const { text } = describeError(new UsageError('bad', { hint: 'do this' }), { json: true })
    expect(text).toMatch(/^\{.*\}\n$/)
    expect(JSON.parse(text)).toEqual({ error: { message: 'bad', hint: 'do this', name: 'UsageError', exitCode: 2 } })
  })

  test('shows no control characters of the user', () => {
    expect(describeError(new UsageError('a\u001b[31mb'), { json: false }).text).not.toContain('\u001b')
  })

  test('of the program itself says that it is a bug', () => {
    expect(describeError(new TypeError('x is undefined'), { json: false }).text).toMatch(
      /^tslog: internal error: x is.*\n {2}this is a bug/,
    )
    expect(describeError(new AssertionError('1 > 2'), { json: false }).text).toMatch(
      /^tslog: broken invariant: 1 > 2\n/,
    )
  })

  test('is none when the reader has gone', () => {
    expect(describeError(systemError('EPIPE'), { json: false })).toEqual({ text: '', exitCode: 0 })
    expect(describeError(new ReaderGoneError(), { json: true })).toEqual({ text: '', exitCode: 0 })
  })

  test('is one when a file or socket gave EPIPE', () => {
    expect(describeError(new DiskError('write', 'tslog.sock', systemError('EPIPE')), { json: false }).exitCode).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCheckpoint, readCheckpoint, writeCheckpoint } from '../../src/storage/checkpoint-file.ts'
import { Scratch } from './scratch.ts'

function parse(text: string): unknown {
  return parseCheckpoint(new TextEncoder().encode(text))
}

describe('a checkpoint file', () => {
  test('is written as Kafka writes it, and leaves no other file', () => {
    const scratch = new Scratch()
    writeCheckpoint(scratch.fileSystem, scratch.path('c'), ['t 0 5', 'u 1 6'])
    expect(scratch.text('c')).toBe('0\n2\nt 0 5\nu 1 6\n')
    expect(scratch.names()).toEqual(['c'])
  })

  test('may hold no entries', () => {
    const scratch = new Scratch()
    writeCheckpoint(scratch.fileSystem, scratch.path('c'), [])
    expect(scratch.text('c')).toBe('0\n0\n')
    expect(readCheckpoint(scratch.fileSystem, scratch.path('c'))).toEqual({ kind: 'lines', lines: [] })
  })

  test('replaces what a crash left of the one before', () => {
    const scratch = new Scratch()
    scratch.write('c.tmp', 'a long rest of something that was never finished')
    writeCheckpoint(scratch.fileSystem, scratch.path('c'), ['0 0'])
    expect(scratch.text('c')).toBe('0\n1\n0 0\n')
  })

  test('that is missing has no entries', () => {
    const scratch = new Scratch()
    expect(readCheckpoint(scratch.fileSystem, scratch.path('c'))).toEqual({ kind: 'lines', lines: [] })
  })

  test.each([
    ['nothing at all', '', []],
    ['one entry', '0\n1\na b\n', ['a b']],
    ['no line end after the last entry', '0\n1\na b', ['a b']],
    ['line ends of Windows', '0\r\n1\r\na b\r\n', ['a b']],
  ])('may be %s', (_, text, lines) => {
    expect(parse(text)).toEqual({ kind: 'lines', lines })
  })

  test.each([
    ['another version', '1\n0\n', 'version "1" is not 0'],
    ['no number', '0\nx\n', '"x" is no number of entries'],
    ['a negative number', '0\n-1\n', '"-1" is no number of entries'],
    ['a count alone', '0\n3\n', '3 entries are announced, 0 follow'],
    ['too few entries', '0\n2\na\n', '2 entries are announced, 1 follow'],
    ['too many entries', '0\n1\na\nb\n', '1 entries are announced, 2 follow'],
    ['an end after the version', '0\n', '"" is no number of entries'],
  ])('is damaged with %s', (_, text, reason) => {
    expect(parse(text)).toMatchObject({ kind: 'damaged', reason })
  })

  test('is never more than damaged', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ size: 'max', maxLength: 400 }),
      fc.string({ size: 'max', maxLength: 400 }).map((text) => new TextEncoder().encode(`0\n1\n${text}`)),
    )
    fc.assert(fc.property(bytes, (some) => void parseCheckpoint(some)))
  })
})

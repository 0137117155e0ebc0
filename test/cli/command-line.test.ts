import { describe, expect, test } from 'vitest'
import { splitCommandLine, wantsHelp, wantsJson } from '../../src/cli/command-line.ts'
import { unknownCommand } from '../../src/cli/unknown-command.ts'

const words = (line: string): string[] => line.split(' ').filter(Boolean)

describe('the name of the command', () => {
  test.each([
    ['consume t', 'consume', 't'],
    ['-d x consume t', 'consume', '-d x t'],
    ['--dir=x --json consume t', 'consume', '--dir=x --json t'],
    ['-dx -v -q consume t', 'consume', '-dx -v -q t'],
    ['--bootstrap-server h:1 topics list', 'topics list', '--bootstrap-server h:1'],
    ['topic list', 'topics list', ''],
    ['topics -d x list --json', 'topics list', '-d x --json'],
    ['group reset g', 'groups reset', 'g'],
    ['topics', 'topics', ''],
    ['topics --create', 'topics', '--create'],
    ['consume -d topics list', 'consume', '-d topics list'],
  ])('in %s is %s', (line, name, rest) => {
    expect(splitCommandLine(words(line))).toMatchObject({ name, rest: words(rest) })
  })

  test.each(['', '-d', '-d x', '-t t', '--', '--unknown consume'])('is not in "%s"', (line) => {
    expect(splitCommandLine(words(line)).name).toBeUndefined()
  })
})

test.each([
  ['consume --json t', true],
  ['consume -J t', true],
  ['produce -J t', false],
  ['consume -- --json', false],
])('whether errors of "%s" are JSON: %s', (line, expected) => {
  expect(wantsJson(words(line))).toBe(expected)
})

test.each([
  ['consume -h', true],
  ['consume t --help -x', true],
  ['consume -- --help', false],
])('whether "%s" asks for help: %s', (line, expected) => {
  expect(wantsHelp(words(line))).toBe(expected)
})

test.each([
  ['consme', 'did you mean: tslog consume'],
  ['topcs list', 'did you mean: tslog topics'],
  ['topics lst', 'did you mean: tslog topics list'],
  ['topics --create --topic t', 'did you mean: tslog topics create'],
  ['-d x topics describ', 'did you mean: tslog topics describe'],
  ['-C -t t', 'to read records: tslog consume app-logs'],
  ['-b h:9092 -L', 'to see the topics: tslog topics describe'],
  ['mirror', 'see: tslog --help'],
])('an unknown command line "%s" gets the hint "%s"', (line, hint) => {
  expect(unknownCommand(words(line)).hint).toBe(hint)
})

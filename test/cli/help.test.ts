import { describe, expect, test } from 'vitest'
import { commandGroups } from '../../src/cli/command-groups.ts'
import { allSpecs } from '../../src/cli/command-table.ts'
import { commandHelp } from '../../src/cli/help/command-help.ts'
import { helpText } from '../../src/cli/help/help-text.ts'
import { groupHelp, rootHelp } from '../../src/cli/help/root-help.ts'
import { wrap } from '../../src/cli/help/terminal-text.ts'

const specs = await allSpecs()
const pipe = { width: 80, isBold: false }
const lines = (text: string): string[] => text.split('\n')
const tooLong = (text: string): string[] => lines(text).filter((line) => line.length > 80)

describe('the help', () => {
  test('of tslog alone fits 25 lines of 80 columns and leads with examples', () => {
    const text = rootHelp(pipe)
    expect(lines(text.trimEnd()).length).toBeLessThan(25)
    expect(tooLong(text)).toEqual([])
    expect(text.indexOf('EXAMPLES')).toBeLessThan(text.indexOf('COMMANDS'))
  })

  test.each(specs)('of $name fits 80 columns, has no escape codes in a pipe, and shows every flag', (spec) => {
    const text = commandHelp(spec, pipe)
    expect(tooLong(text)).toEqual([])
    expect(text).not.toContain('\u001b')
    expect(text).toContain('EXAMPLES\n')
    for (const { command } of spec.examples) expect(text).toContain(`$ ${command}\n`)
    for (const [name, flag] of Object.entries(spec.flags)) {
      const isShown = flag.hidden !== true
      expect(text.includes(`--${name}`) || text.includes(`--[no-]${name}`), name).toBe(isShown)
    }
  })

  test.each(commandGroups)('of $name lists its commands', (group) => {
    const own = specs.filter((spec) => spec.name.startsWith(`${group.name} `))
    const text = groupHelp(group, own, pipe)
    expect(tooLong(text)).toEqual([])
    for (const spec of own) expect(text).toContain(`  ${spec.name}`)
  })

  test('has bold headings on a terminal only', () => {
    expect(rootHelp({ width: 80, isBold: true })).toContain('\u001b[1mEXAMPLES\u001b[22m')
  })

  test.each([['consume --help'], ['help consume'], ['--help consume'], ['-d x consume -h'], ['consume t -p 0 --help']])(
    'comes for %s',
    async (line) => {
      expect(await helpText(line.split(' '))).toContain('tslog consume TOPIC...')
    },
  )

  test.each([['help topic trim'], ['topic trim --help']])('knows the other name of a group: %s', async (line) => {
    expect(await helpText(line.split(' '))).toContain('tslog topics trim TOPIC')
  })

  test('of what does not exist names the nearest', async () => {
    await expect(helpText(['help', 'consme'])).rejects.toMatchObject({ hint: 'did you mean: tslog consume' })
  })
})

test('text is broken at spaces only', () => {
  expect(wrap('aaa bbb cccccccccccc d', 9, 2)).toEqual(['  aaa bbb', '  cccccccccccc', '  d'])
})

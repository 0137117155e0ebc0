import { describe, expect, test } from 'vitest'
import { parse } from '@oclif/core/parser'
import { commandModules } from '../../commands/command-modules.ts'
import { splitCommandLine } from '../../src/cli/command-line.ts'
import type { CommandSpec } from '../../src/cli/command-spec.ts'
import { allSpecs, commandTable } from '../../src/cli/command-table.ts'
import { fastParse } from '../../src/cli/fast-parse.ts'
import { misreadWord } from '../../src/cli/oclif/misread-word.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { optionsOf } from '../../src/cli/options-of.ts'
import { exampleOfFlag } from '../../src/cli/usage-hint.ts'

const specs = await allSpecs()
const flagsOf = (spec: CommandSpec) => Object.entries(spec.flags)

/** The words of the part of a shell line that begins with `tslog`, up to a pipe or redirection. */
function tslogWords(line: string): string[] {
  const [, own = ''] = /(?:^|\s)tslog((?:'[^']*'|"[^"]*"|[^|<>'"])*)/.exec(line) ?? []
  return [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

async function accepts(line: string): Promise<unknown> {
  const { name, rest } = splitCommandLine(tslogWords(line))
  const spec = specs.find((candidate) => candidate.name === name)
  if (spec === undefined) throw new Error(`no command in: ${line}`)
  expect(misreadWord(spec, rest)).toBeUndefined()
  const { args, flags } = await parse([...rest], { args: oclifArgs(), flags: oclifFlags(spec) })
  return optionsOf(spec, { operands: args.operands ?? [], flags })
}

describe('the table of commands', () => {
  test('names each command as its specification does', () => {
    expect(commandTable.map((entry) => entry.name)).toEqual(specs.map((spec) => spec.name))
  })

  test('has a class for each command and no other', () => {
    expect(Object.keys(commandModules).toSorted()).toEqual(specs.map((spec) => spec.name).toSorted())
  })
})

describe.each(specs)('the specification of $name', (spec) => {
  test('gives each letter and each name to one flag', () => {
    const letters = flagsOf(spec).flatMap(([, flag]) => [flag.char, ...(flag.charAliases ?? [])].filter(Boolean))
    const names = flagsOf(spec).flatMap(([name, flag]) => [name, ...(flag.aliases ?? [])])
    expect(letters).toEqual([...new Set(letters)])
    expect(names).toEqual([...new Set(names)])
    expect(letters).not.toContain('h')
  })

  test('uses the letters that mean the same everywhere for that only', () => {
    const fixed: Record<string, string> = {
      d: 'dir',
      b: 'bootstrap-server',
      p: 'partition',
      v: 'verbose',
      q: 'quiet',
      t: 'topic',
      g: 'group',
    }
    for (const [name, flag] of flagsOf(spec)) {
      if (flag.char !== undefined && flag.char in fixed) expect(name).toBe(fixed[flag.char])
    }
  })

  test('has examples, each of which is accepted', async () => {
    expect(spec.examples.length).toBeGreaterThan(0)
    for (const { command } of spec.examples) await expect(accepts(command)).resolves.toBeDefined()
  })

  test('has an example value for each flag that is accepted', () => {
    for (const [name, flag] of flagsOf(spec)) {
      if (flag.kind === 'bool' || flag.hidden === true) continue
      const words = splitCommandLine(tslogWords(exampleOfFlag(spec, name, flag)))
      expect(words.name, exampleOfFlag(spec, name, flag)).toBe(spec.name)
      expect(fastParse(spec, [`--${name}=${words.rest.at(-1)}`])?.flags).toHaveProperty([name])
    }
  })

  test('says things as sentences that fit their place', () => {
    expect(spec.summary).toMatch(/^[a-z].*[^.]$/)
    expect(`tslog ${spec.name} - ${spec.summary}`.length).toBeLessThanOrEqual(80)
    for (const paragraph of spec.description) expect(paragraph).toMatch(/^[A-Z].*[.)]$/s)
    for (const [, flag] of flagsOf(spec)) expect(flag.summary).toMatch(/^[A-Z].*\.$/)
  })

  test('names only flags of its own where flags contradict each other', () => {
    for (const name of [...(spec.conflicts ?? []).flat(), ...(spec.exactlyOne ?? [])])
      expect(spec.flags).toHaveProperty([name])
  })

  test('gives hints only for words that are not flags of its own', () => {
    for (const word of Object.keys(spec.habits ?? {})) {
      if (word.startsWith('-') && word !== '-5') expect(fastParse(spec, [word, 'x', 'x'])).toBeUndefined()
    }
  })

  test('gives hints whose command lines are accepted', async () => {
    for (const hint of Object.values(spec.habits ?? {})) {
      const example = /\btslog .*$/.exec(hint)?.[0]
      if (example !== undefined) await expect(accepts(example), hint).resolves.toBeDefined()
    }
  })

  test('becomes oclif arguments that leave stdin alone and flags that leave operands alone', () => {
    for (const arg of Object.values(oclifArgs())) expect(arg.ignoreStdin).toBe(true)
    for (const flag of Object.values(oclifFlags(spec))) {
      if (flag.type === 'option' && flag.multiple) expect(flag.multipleNonGreedy).toBe(true)
    }
  })
})

describe('the classes of the commands', () => {
  test.each(Object.entries(commandModules))(
    '%s has the arguments and flags of its specification',
    async (name, load) => {
      const { default: loaded } = await load()
      const spec = specs.find((candidate) => candidate.name === name)
      expect(Object.keys(loaded.flags).toSorted()).toEqual(Object.keys(spec?.flags ?? {}).toSorted())
      for (const arg of Object.values(loaded.args)) expect(arg.ignoreStdin).toBe(true)
      expect(loaded.enableJsonFlag).toBe(false)
    },
  )
})

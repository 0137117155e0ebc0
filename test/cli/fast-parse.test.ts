import { parse } from '@oclif/core/parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommandSpec } from '../../src/cli/command-spec.ts'
import { fastParse, type ParsedCommandLine } from '../../src/cli/fast-parse.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { misreadWord } from '../../src/cli/oclif/misread-word.ts'
import { consumeSpec } from '../../src/cli/specs/consume.ts'
import { offsetsSpec } from '../../src/cli/specs/offsets.ts'
import { produceSpec } from '../../src/cli/specs/produce.ts'
import { replicateSpec } from '../../src/cli/specs/replicate.ts'
import { retentionSpec } from '../../src/cli/specs/retention.ts'
import { serveSpec } from '../../src/cli/specs/serve.ts'
import { tailSpec } from '../../src/cli/specs/tail.ts'
import { topicsListSpec } from '../../src/cli/specs/topics-list.ts'
import { hotCommands } from '../../src/cli/hot-commands.ts'
import { commandWords } from '../support/command-words.ts'

const hotSpecs: readonly CommandSpec[] = [
  produceSpec,
  consumeSpec,
  tailSpec,
  offsetsSpec,
  replicateSpec,
  retentionSpec,
  serveSpec,
  topicsListSpec,
]
const runsPerSpec = 8000

/** What oclif makes of the words, or undefined when it refuses them. */
async function oclifParse(spec: CommandSpec, words: readonly string[]): Promise<ParsedCommandLine | undefined> {
  if (misreadWord(spec, words) !== undefined) return undefined
  try {
    const { args, flags } = await parse([...words], { args: oclifArgs(), flags: oclifFlags(spec) })
    return { operands: args['operands'] ?? [], flags: flags as ParsedCommandLine['flags'] }
  } catch {
    return undefined
  }
}

test('the property below covers every hot command', () => {
  expect(Object.keys(hotCommands).toSorted()).toEqual(hotSpecs.map((spec) => spec.name).toSorted())
})

describe.each(hotSpecs)('the fast parser of $name', (spec) => {
  test(`agrees with oclif on ${runsPerSpec} random command lines, and takes a good part of them`, async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(commandWords(spec), async (words) => {
        const fast = fastParse(spec, words)
        if (fast === undefined) return
        accepted++
        expect(fast).toEqual(await oclifParse(spec, words))
      }),
      { numRuns: runsPerSpec },
    )
    expect(accepted).toBeGreaterThan(runsPerSpec / 10)
  })
})

describe('what the fast parser takes', () => {
  test.each<{ spec: CommandSpec; words: string[]; operands: string[]; flags: ParsedCommandLine['flags'] }>([
    { spec: produceSpec, words: ['t'], operands: ['t'], flags: {} },
    { spec: produceSpec, words: ['t', '-p', '-1'], operands: ['t'], flags: { partition: -1 } },
    { spec: produceSpec, words: ['t', '-', 'f'], operands: ['t', '-', 'f'], flags: {} },
    {
      spec: produceSpec,
      words: ['-K:', 't', '-D', ''],
      operands: ['t'],
      flags: { 'key-delimiter': ':', delimiter: '' },
    },
    { spec: produceSpec, words: ['-H', 'a=1', 't', '-Hb=2'], operands: ['t'], flags: { header: ['a=1', 'b=2'] } },
    {
      spec: produceSpec,
      words: ['t', '-l', '-z', 'zstd:3'],
      operands: ['t'],
      flags: { lines: true, compression: 'zstd:3' },
    },
    {
      spec: consumeSpec,
      words: ['-t', 't', '-o', 's@1', '-o', 'e@2'],
      operands: [],
      flags: { topic: 't', offset: ['s@1', 'e@2'] },
    },
    { spec: consumeSpec, words: ['t', '-o', '-10', '-c1'], operands: ['t'], flags: { offset: ['-10'], count: 1 } },
    { spec: consumeSpec, words: ['t', '-o-10'], operands: ['t'], flags: { offset: ['-10'] } },
    { spec: consumeSpec, words: ['t', '--timeout=1.5s', '-J'], operands: ['t'], flags: { timeout: 1500, json: true } },
    { spec: tailSpec, words: ['-F', 't', '-n', '+5'], operands: ['t'], flags: { follow: true, last: '+5' } },
    { spec: tailSpec, words: ['t', '--no-follow'], operands: ['t'], flags: { follow: false } },
  ])('$words', async ({ spec, words, operands, flags }) => {
    expect(fastParse(spec, words)).toEqual({ operands, flags })
    expect(await oclifParse(spec, words)).toEqual({ operands, flags })
  })
})

describe('what the fast parser leaves to oclif', () => {
  test.each([
    { name: 'help', words: ['t', '--help'] },
    { name: 'an unknown flag', words: ['t', '--frmo', '1'] },
    { name: 'a bad value', words: ['t', '-c', 'x'] },
    { name: 'a value out of range', words: ['t', '-c', '-1'] },
    { name: 'a missing value', words: ['t', '-p'] },
    { name: 'a flag where a value belongs', words: ['t', '-o', '-e'] },
    { name: 'a flag given twice', words: ['t', '-c', '0', '-c', '1'] },
    { name: 'letters in one word', words: ['t', '-eq'] },
    { name: 'a value of a flag without one', words: ['t', '--json=true'] },
    { name: 'the end of the flags', words: ['--', 't'] },
    { name: 'a name that every object has', words: ['t', '--constructor', 'x'] },
  ])('$name', ({ words }) => {
    expect(fastParse(consumeSpec, words)).toBeUndefined()
  })
})

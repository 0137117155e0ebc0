import { parse } from '@oclif/core/parser'
import { expect, test } from 'vitest'
import { splitCommandLine } from '../../src/cli/command-line.ts'
import { allSpecs } from '../../src/cli/command-table.ts'
import { UsageError } from '../../src/base/errors.ts'
import { misreadWord } from '../../src/cli/oclif/misread-word.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { usageErrorOf } from '../../src/cli/oclif/usage-errors.ts'
import { optionsOf } from '../../src/cli/options-of.ts'

const specs = await allSpecs()

/** What the slow path says to a command line. */
async function complaint(line: string): Promise<{ message: string; hint: string | undefined }> {
  const { name, rest } = splitCommandLine(line.split(' '))
  const spec = specs.find((candidate) => candidate.name === name)
  if (spec === undefined) throw new Error(`no command in: ${line}`)
  const misread = misreadWord(spec, rest)
  if (misread !== undefined) return misread
  const parsed = await parse([...rest], { args: oclifArgs(), flags: oclifFlags(spec) }).catch((error: unknown) =>
    usageErrorOf(spec, error),
  )
  if (parsed instanceof UsageError) return parsed
  const { args, flags } = parsed as { args: { operands?: string[] }; flags: Record<string, string> }
  try {
    optionsOf(spec, { operands: args.operands ?? [], flags })
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error(`accepted: ${line}`)
}

test.each([
  [
    'consume t -c x',
    "--count expects a whole number of at least 0, not 'x'",
    'example: tslog consume app-logs --count 100',
  ],
  [
    'consume t --count',
    '--count needs a value: a whole number of at least 0',
    'example: tslog consume app-logs --count 100',
  ],
  ['consume t -c 1 -c 2', '--count is given twice', 'example: tslog consume app-logs --count 100'],
  [
    'consume t --cuont 1',
    'consume has no flag --cuont',
    'did you mean --count? example: tslog consume app-logs --count 100',
  ],
  ['consume t --follow=name', '--follow takes no value', 'example: tslog consume app-logs --follow'],
  ['consume t --constructor', 'consume has no flag --constructor', 'example: tslog consume app-logs'],
  ['consume', 'consume needs a TOPIC', 'example: tslog consume app-logs'],
  ['consume t -J -f x', '--json and --format contradict each other', 'example: tslog consume app-logs'],
  ['produce t -T --json', '--tee and --json contradict each other', 'example: cat access.log | tslog produce app-logs'],
  [
    'produce t --too-large x',
    "--too-large expects fail, skip or split, not 'x'",
    'example: tslog produce app-logs --too-large skip',
  ],
  [
    'produce t --batch-size 1x',
    "--batch-size expects a size such as 64k or 1M of at least 1, not '1x'",
    'example: tslog produce app-logs --batch-size 64k',
  ],
  [
    'produce t --linger soon',
    "--linger expects a time such as 250ms, 10s or 5m (a bare number is milliseconds), not 'soon'",
    'example: tslog produce app-logs --linger 5',
  ],
  [
    'topics create t -p 6',
    'topics create has no flag -p',
    'partitions are --partitions; example: tslog topics create app-logs --partitions 6',
  ],
  ['tail -z t', 'tail has no flag -z', 'records that end with a NUL byte are -0; example: tslog tail app-logs -0'],
  ['tail -5 t', 'tail has no flag -5', 'the number of records is -n; example: tslog tail app-logs -n 5'],
  ['topics list x', "topics list takes no further argument: 'x'", 'example: tslog topics list'],
  [
    'completion tcsh',
    "SHELL is bash, zsh or fish, not 'tcsh'",
    expect.stringContaining('example: tslog completion bash'),
  ],
  [
    'topics trim t',
    'topics trim needs exactly one of --offset or --before',
    expect.stringContaining('example: tslog topics trim'),
  ],
  [
    'close -b h:1',
    'close works on a directory only: --bootstrap-server is not for it',
    'example: tslog -d /var/lib/tslog close',
  ],
])('%s', async (line, message, hint) => {
  expect(await complaint(line)).toMatchObject({ message, hint })
})

test('-F, which is a file of kcat and a habit of tail users, gets a hint that fits both', async () => {
  expect((await complaint('consume -F file t')).hint).toMatch(/--follow.*tslog\.properties/)
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolveLocation } from '../../src/cli/location.ts'
import { withOutputSettings } from '../../src/cli/output-settings.ts'
import type { SettingsQuery } from '../../src/cli/settings-files.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { runBinary } from '../support/run-binary.ts'

const plain = { verbose: false, quiet: false, noColor: false }

/** `local` in the working directory, `own` among the user's settings. */
function queryOf({ local, own }: { local?: string; own?: string }): SettingsQuery {
  const texts: Record<string, string | undefined> = { '/w/tslog.properties': local, '/cfg/tslog/tslog.properties': own }
  const files = { readText: (path: string) => texts[path], exists: () => false }
  return { environment: { XDG_CONFIG_HOME: '/cfg', XDG_DATA_HOME: '/data' }, cwd: '/w', files }
}

test.each([
  { name: 'without files all is as the flags say', files: {}, flags: { quiet: true }, found: { quiet: true } },
  { name: 'color=never is --no-color', files: { local: 'color=never' }, flags: {}, found: { noColor: true } },
  { name: 'quiet=true is -q', files: { own: 'quiet = true' }, flags: {}, found: { quiet: true } },
  { name: 'verbose=true is -v', files: { own: 'verbose: true' }, flags: {}, found: { verbose: true } },
  {
    name: 'the file of the working directory goes first',
    files: { local: 'quiet=false', own: 'quiet=true' },
    flags: {},
    found: {},
  },
  {
    name: 'each setting is looked for by itself',
    files: { local: 'color=never', own: 'quiet=true' },
    flags: {},
    found: { noColor: true, quiet: true },
  },
  { name: '-v goes before quiet', files: { local: 'quiet=true' }, flags: { verbose: true }, found: { verbose: true } },
  { name: '-q goes before verbose', files: { local: 'verbose=true' }, flags: { quiet: true }, found: { quiet: true } },
  {
    name: 'what is no value of it says nothing',
    files: { local: 'quiet=yes\ncolor=blue', own: 'quiet=true' },
    flags: {},
    found: { quiet: true },
  },
  {
    name: 'how results look to a program is for flags alone',
    files: { local: 'json=true' },
    flags: { json: false },
    found: { json: false },
  },
])('$name', ({ files, flags, found }) => {
  expect(withOutputSettings({ ...plain, ...flags }, queryOf(files))).toEqual({ ...plain, ...found })
})

test('a value that is none is named, as is a setting that is none', () => {
  const { warnings } = resolveLocation({ flags: {}, ...queryOf({ local: 'color=blue\nverbos=true\nquiet=true' }) })
  expect(warnings).toEqual([
    "./tslog.properties: 'blue' is ignored: color is auto or never",
    "./tslog.properties: 'verbos' is ignored: there is no such setting; did you mean verbose?",
  ])
})

test.each([
  ['a command line that is read by itself', ['produce', 't'], '1 record'],
  ['one that oclif reads', ['topics', 'create', 't'], 'created'],
])('%s takes what the file in its directory says', (_, words, said) => {
  const log = new BinaryLog()
  const cwd = join(log.directory, '..')
  writeFileSync(join(cwd, 'tslog.properties'), 'verbose=true\n')
  expect(runBinary([...words, '-d', log.directory], 'a\n', cwd).stderr).toContain(said)
})

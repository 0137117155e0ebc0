import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { locationFiles } from '../../src/cli/location-files.ts'
import { optionsOf } from '../../src/cli/options-of.ts'
import { serveSettings } from '../../src/cli/serve/serve-settings.ts'
import { serveSpec } from '../../src/cli/specs/serve.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'tslog-settings-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'kept'), 'num.partitions=3\n')
  symlinkSync('kept', join(path, 'link'))
  return path
}

test('settings behind a symbolic link are read, and what is no file is none, without a wait', () => {
  const path = home()
  execFileSync('mkfifo', [join(path, 'fifo')])
  const read = (name: string): string | undefined => locationFiles(new NodeFileSystem()).readText(join(path, name))
  expect(['kept', 'link', 'fifo', '.', 'missing'].map(read)).toEqual([
    'num.partitions=3\n',
    'num.partitions=3\n',
    undefined,
    undefined,
    undefined,
  ])
})

test('the settings of a server may be behind a symbolic link, as containers mount them', () => {
  const options = optionsOf(serveSpec, { operands: [], flags: { 'config-file': join(home(), 'link') } })
  expect(serveSettings(options).settings.numPartitions).toBe(3)
})

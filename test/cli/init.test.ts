import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { init } from '../../src/cli/init.ts'
import { checkSettings, settingsText } from '../../src/cli/init/settings-text.ts'
import { locationFiles } from '../../src/cli/location-files.ts'
import { resolveLocation } from '../../src/cli/location.ts'
import { initSpec } from '../../src/cli/specs/init.ts'
import { anyCharacter } from '../storage/scratch.ts'
import { ScratchLog } from './scratch-log.ts'

const run = (log: ScratchLog, flags: Record<string, string | boolean>) =>
  log.run(initSpec, init, { flags, namesDirectory: false })

const found = (log: ScratchLog, cwd = log.home) =>
  resolveLocation({ flags: {}, environment: { HOME: log.home }, cwd, files: locationFiles(log.fileSystem) })

test('without a terminal nothing is asked and the default is taken', async () => {
  const log = new ScratchLog()
  expect(await run(log, {})).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(join(log.home, 'tslog.properties'), 'utf8')).toMatch(/^#.*\nlog\.dirs=\.tslog\n$/)
  expect(found(log)).toMatchObject({ kind: 'directory', path: `${log.home}/.tslog`, source: 'working-directory' })
})

test('writes what the flags say, and every command reads it back', async () => {
  const log = new ScratchLog()
  const { stdout } = await run(log, { dir: '/var/lib/my logs é', json: true })
  expect(JSON.parse(stdout)).toEqual({
    file: `${log.home}/tslog.properties`,
    settings: { 'log.dirs': '/var/lib/my logs é' },
  })
  expect(found(log)).toMatchObject({ kind: 'directory', path: '/var/lib/my logs é' })
  expect((await run(log, { 'bootstrap-server': 'a:1,b:2', force: true })).code).toBe(0)
  expect(found(log)).toMatchObject({
    kind: 'brokers',
    addresses: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  })
})

test('--user writes for the user, with a path that means the same everywhere', async () => {
  const log = new ScratchLog()
  expect((await run(log, { user: true, dir: 'logs' })).code).toBe(0)
  const file = join(log.home, '.config/tslog/tslog.properties')
  expect(statSync(file).isFile()).toBe(true)
  mkdirSync(join(log.home, 'elsewhere'))
  expect(found(log, join(log.home, 'elsewhere'))).toMatchObject({ path: `${log.home}/logs`, source: 'user-file' })
})

test('a file that is there is replaced with --force only', async () => {
  const log = new ScratchLog()
  writeFileSync(join(log.home, 'tslog.properties'), 'log.dirs=old\n')
  const { code, stderr } = await run(log, { dir: 'new' })
  expect([code, stderr]).toEqual([2, expect.stringContaining('--force')])
  expect(readFileSync(join(log.home, 'tslog.properties'), 'utf8')).toBe('log.dirs=old\n')
  expect((await run(log, { dir: 'new', force: true })).code).toBe(0)
})

test.each([
  [{ dir: 'a,b' }, 2],
  [{ dir: '' }, 2],
  [{ 'bootstrap-server': 'a b' }, 2],
])('%j is refused and nothing is written', async (flags, code) => {
  const log = new ScratchLog()
  expect((await run(log, flags)).code).toBe(code)
  expect(existsSync(join(log.home, 'tslog.properties'))).toBe(false)
})

test('whatever is accepted reads back as the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (path) => {
      const setting = { kind: 'directory', path } as const
      const text = settingsText(setting)
      try {
        checkSettings(text, setting)
      } catch {
        return
      }
      const files = {
        readText: (name: string) => (name === '/w/tslog.properties' ? text : undefined),
        exists: () => false,
      }
      const location = resolveLocation({ flags: {}, environment: {}, cwd: '/w', files })
      expect(location).toMatchObject({ kind: 'directory', path: path.startsWith('/') ? path : `/w/${path}` })
    }),
  )
})

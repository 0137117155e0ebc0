import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readBrokerSettings } from '../../../src/broker/broker-settings.ts'
import { takeReplicateEntries } from '../../../src/cli/serve/replicate-settings.ts'
import { serveSettingList } from '../../../src/cli/serve/setting-list.ts'

const lines = readFileSync(new URL('../../../contrib/server.properties', import.meta.url), 'utf8').split('\n')
/** Every setting there is, in force or behind a #, with the first value that stands there. */
const shown = new Map<string, string>()
for (const line of lines) {
  const [, name, value] = /^#?([a-z]+(?:\.[A-Za-z]+)*)=(.*)$/.exec(line) ?? []
  if (name !== undefined && value !== undefined && !shown.has(name)) shown.set(name, value)
}

test('the settings to begin with are all that there are', () => {
  const names = serveSettingList().map(({ name }) => name)
  expect([...shown.keys()].toSorted()).toEqual(names.toSorted())
})

test.each(serveSettingList().filter(({ defaultText }) => defaultText !== ''))(
  'the settings to begin with have the default of $name',
  ({ name, defaultText }) => {
    expect(shown.get(name)).toBe(defaultText)
  },
)

test('examples of settings without a default are taken', () => {
  const texts = new Map([...shown].map(([name, value]) => [name.replace('NAME', 'backup'), value]))
  for (const { name } of serveSettingList().slice(0, 6)) texts.delete(name)
  expect(takeReplicateEntries(texts, 'f')).toHaveLength(1)
  expect(readBrokerSettings(texts, 'f').ignored).toEqual([])
})

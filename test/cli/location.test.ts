import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { resolveLocation } from '../../src/cli/location.ts'
import type { Location, LocationQuery } from '../../src/cli/location.ts'

interface Given {
  readonly flags?: LocationQuery['flags']
  readonly environment?: Record<string, string>
  /** Path to content. */
  readonly files?: Record<string, string>
}

const asked: string[] = []

function locate({ flags = {}, environment = { HOME: '/home/ada' }, files = {} }: Given): Location {
  asked.length = 0
  const readText = (path: string): string | undefined => {
    asked.push(path)
    return files[path]
  }
  const exists = (path: string): boolean => {
    asked.push(path)
    return path in files
  }
  return resolveLocation({ flags, environment, cwd: '/home/u/logs', files: { readText, exists } })
}

const local = '/home/u/logs/tslog.properties'
const user = '/home/ada/.config/tslog/tslog.properties'
const brokers = { TSLOG_BROKERS: 'b:1' }

describe('resolveLocation', () => {
  test.each<{ name: string; given: Given; expected: object }>([
    {
      name: 'the flag before the environment',
      given: { flags: { dir: 'logs' }, environment: brokers },
      expected: { kind: 'directory', path: 'logs', source: 'flag' },
    },
    {
      name: 'a flag though the environment has both',
      given: { flags: { bootstrapServer: 'a,[::1]:2' }, environment: { ...brokers, TSLOG_DIR: 'x' } },
      expected: {
        kind: 'brokers',
        addresses: [
          { host: 'a', port: 9092 },
          { host: '::1', port: 2 },
        ],
        source: 'flag',
      },
    },
    {
      name: 'the environment before the files',
      given: { environment: { TSLOG_DIR: '/x', TSLOG_BROKERS: '' }, files: { [local]: 'log.dirs=y' } },
      expected: { kind: 'directory', path: '/x', source: 'environment' },
    },
    {
      name: 'the file of the working directory, relative to it',
      given: { files: { [local]: 'log.dirs = data\n', [user]: 'bootstrap.servers=b:1' } },
      expected: { kind: 'directory', path: '/home/u/logs/data', source: 'working-directory' },
    },
    {
      name: "the user's file when the other says nothing",
      given: { files: { [local]: '# none', [user]: 'bootstrap.servers=b:1' } },
      expected: { kind: 'brokers', addresses: [{ host: 'b', port: 1 }], source: 'user-file' },
    },
    {
      name: 'the file under XDG_CONFIG_HOME',
      given: { environment: { XDG_CONFIG_HOME: '/cfg' }, files: { '/cfg/tslog/tslog.properties': 'log.dir=/data' } },
      expected: { kind: 'directory', path: '/data', source: 'user-file' },
    },
    {
      name: './.tslog when it is there',
      given: { files: { '/home/u/logs/.tslog': '' } },
      expected: { kind: 'directory', path: './.tslog', source: 'default' },
    },
    {
      name: 'XDG_DATA_HOME',
      given: { environment: { HOME: '/home/ada', XDG_DATA_HOME: '/data' } },
      expected: { kind: 'directory', path: '/data/tslog', source: 'default' },
    },
    {
      name: 'the home directory when XDG_DATA_HOME is relative',
      given: { environment: { HOME: '/home/ada', XDG_DATA_HOME: 'data' } },
      expected: { kind: 'directory', path: '/home/ada/.local/share/tslog', source: 'default' },
    },
  ])('takes $name', ({ given, expected }) => {
    expect(locate(given)).toEqual({ ...expected, warnings: [] })
  })

  test.each<{ name: string; given: Given; message: RegExp }>([
    {
      name: 'both flags',
      given: { flags: { dir: 'a', bootstrapServer: 'b' } },
      message: /both --dir and --bootstrap-server/,
    },
    {
      name: 'both variables',
      given: { environment: { ...brokers, TSLOG_DIR: 'a' } },
      message: /both TSLOG_DIR and TSLOG_BROKERS/,
    },
    {
      name: 'both in one file',
      given: { files: { [local]: 'log.dir=a\nbootstrap.servers=b' } },
      message: /both log.dirs in .\/tslog.properties and/,
    },
    { name: 'two directories', given: { files: { [local]: 'log.dirs=a,b' } }, message: /names several directories/ },
    { name: 'an empty directory', given: { flags: { dir: '' } }, message: /--dir: the name of the directory is empty/ },
    { name: 'no home at all', given: { environment: {} }, message: /no log directory/ },
    {
      name: 'a host like a flag',
      given: { flags: { bootstrapServer: '-oProxyCommand=x' } },
      message: /--bootstrap-server: /,
    },
  ])('refuses $name', ({ given, message }) => {
    expect(() => locate(given)).toThrow(UsageError)
    expect(() => locate(given)).toThrow(message)
  })

  test('never takes secrets from the working directory, and says so', () => {
    const { warnings } = locate({ files: { [local]: 'log.dir=a\nsasl.jaas.config=x\nssl.key.password=y\n' } })
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(/^\.\/tslog\.properties: 'sasl\.jaas\.config' is ignored/)
    expect(locate({ files: { [user]: 'log.dir=a\nsasl.jaas.config=x' } }).warnings).toEqual([])
  })

  test.each([
    ['log.dri=a', local, /tslog\.properties: 'log\.dri' is ignored: .*did you mean log\.dir\?/],
    ['log.dirs=a\nnum.partitions=3', user, /tslog\.properties: 'num\.partitions' is ignored: .*log\.dirs, /],
  ])('says of %j in %s that it is not known, wherever the log is', (text, file, warning) => {
    expect(locate({ files: { [file]: text } }).warnings).toEqual([expect.stringMatching(warning)])
  })

  test('asks the file system nothing when flags or environment tell, and at most three things otherwise', () => {
    locate({ flags: { dir: 'a' } })
    expect(asked).toEqual([])
    locate({ environment: brokers })
    expect(asked).toEqual([])
    locate({})
    expect(asked).toEqual([local, user, '/home/u/logs/.tslog'])
  })
})

import { expect, test } from 'vitest'
import { takeReplicateEntries } from '../../../src/cli/serve/replicate-settings.ts'

function entriesOf(settings: Readonly<Record<string, string>>): ReturnType<typeof takeReplicateEntries> {
  return takeReplicateEntries(new Map(Object.entries(settings)), 'server.properties')
}

test('each name is a replication that follows, with the words of the command', () => {
  const texts = new Map([
    ['num.partitions', '3'],
    ['replicate.backup.peer', 'ssh://log@host/srv/logs'],
    ['replicate.backup.topics', 'app-*, orders'],
    ['replicate.backup.ssh.command', 'ssh -i key'],
    ['replicate.mirror.peer', 'tcps://host:9093'],
    ['replicate.mirror.topics', '*'],
    ['replicate.mirror.from', 'true'],
    ['replicate.mirror.bwlimit', '10M'],
    ['replicate.mirror.partitions', '0,3-5'],
    ['replicate.mirror.compress', 'true'],
    ['replicate.mirror.client.config', '/etc/tslog/mirror.properties'],
  ])
  const [backup, mirror, ...others] = takeReplicateEntries(texts, 'server.properties')
  expect([others, [...texts.keys()]]).toEqual([[], ['num.partitions']])
  expect(backup).toMatchObject({
    name: 'backup',
    clientConfig: undefined,
    plan: {
      isPull: false,
      peer: { kind: 'ssh', user: 'log', host: 'host' },
      request: { patterns: ['app-*', 'orders'], follows: true, isDryRun: false, bytesPerSecond: undefined },
      ssh: { command: 'ssh -i key', remoteTslog: 'tslog', compress: false },
    },
  })
  expect(mirror).toMatchObject({
    name: 'mirror',
    clientConfig: '/etc/tslog/mirror.properties',
    plan: {
      isPull: true,
      peer: { kind: 'tcp', isTls: true },
      request: {
        bytesPerSecond: 10 * 2 ** 20,
        isSlow: true,
        partitions: [
          { first: 0, last: 0 },
          { first: 3, last: 5 },
        ],
      },
    },
  })
})

const whole = { 'replicate.a.peer': 'ssh://host/dir', 'replicate.a.topics': '*' }

test.each([
  [{ ...whole, 'replicate.a.peer': '' }, 'replicate.a has no peer'],
  [{ ...whole, 'replicate.a.topics': ' , ' }, 'replicate.a has no topics'],
  [{ ...whole, 'replicate.a.peer': 'host:dir' }, "server.properties: replicate.a.peer: 'host:dir' is not a peer"],
  [{ ...whole, 'replicate.a.peer': 'bundle:x' }, 'a bundle cannot be kept up'],
  [{ ...whole, 'replicate.a.from': 'yes' }, 'replicate.a.from cannot be'],
  [{ ...whole, 'replicate.a.bwlimit': '-1' }, 'replicate.a.bwlimit cannot be'],
  [{ ...whole, 'replicate.a.partitions': 'x' }, 'replicate.a.partitions'],
  [{ ...whole, 'replicate.a.topic': 'x' }, 'replicate.a.topic is not known'],
  [{ 'replicate.peer': 'ssh://host/dir' }, 'is not replicate.NAME.SETTING'],
])('%o is refused, by its name', (settings, said) => {
  expect(() => entriesOf(settings)).toThrow(said)
})

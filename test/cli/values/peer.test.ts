import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { sshCommandLine } from '../../../src/cli/replicate/ssh-command-line.ts'
import { parsePeer, type SshPeer } from '../../../src/cli/values/peer.ts'

describe('a peer', () => {
  test.each([
    ['ssh://host/srv/logs', { kind: 'ssh', user: undefined, host: 'host', port: undefined, path: '/srv/logs' }],
    ['ssh://log@host:2222/~/logs', { kind: 'ssh', user: 'log', host: 'host', port: 2222, path: './logs' }],
    ['ssh://[::1]:22/srv', { kind: 'ssh', user: undefined, host: '::1', port: 22, path: '/srv' }],
    ['tcp://host:9092', { kind: 'tcp', servers: [{ host: 'host', port: 9092 }], isTls: false }],
    ['tcps://host:9092/', { kind: 'tcp', servers: [{ host: 'host', port: 9092 }], isTls: true }],
    [
      'kafka://a:1,b:2',
      {
        kind: 'kafka',
        servers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        isTls: false,
      },
    ],
    ['./copy', { kind: 'directory', path: './copy' }],
    ['/mnt/usb', { kind: 'directory', path: '/mnt/usb' }],
    ['bundle:monday', { kind: 'bundle', path: 'monday' }],
  ])('%s is read', (text, peer) => {
    expect(parsePeer(text)).toEqual(peer)
  })

  test.each([
    'ssh://-oProxyCommand=touch${IFS}x/srv',
    'ssh://-oProxyCommand=x@host/srv',
    'ssh://host -oProxyCommand=x/srv',
    'ssh://$(touch x)/srv',
    'ssh://`touch x`/srv',
    'ssh://user;id@host/srv',
    'ssh://us er@host/srv',
    'ssh://@host/srv',
    'ssh://host:0/srv',
    'ssh://host:99999/srv',
    'ssh://host:22x/srv',
    'ssh://host:-p/srv',
    'ssh://host',
    'ssh://host/',
    'ssh:///srv',
    'ssh://[::1/srv',
    'ssh://[-x]/srv',
    'ssh://ho\nst/srv',
    'ssh://host/srv\u0000x',
    'ssh://host/~other/logs',
    'host:dir',
    'user@host:/srv/logs',
    'copy',
    'bundle:',
    'http://host/srv',
    'file:///srv',
    'tcp://host',
    'tcp://-x:9092',
    'kafka://a:1,-b:2',
    'kafka://',
    'ftp://x:1',
  ])('%j is refused before anything runs', (text) => {
    expect(() => parsePeer(text)).toThrow(UsageError)
  })

  test('an address gets the hint', () => {
    expect(() => parsePeer('host:9092')).toThrow(
      expect.objectContaining({ hint: 'a tslog serve there is tcp://host:9092, another broker kafka://host:9092' }),
    )
  })

  test("rsync's form gets the hint", () => {
    expect(() => parsePeer('log@host:logs')).toThrow(
      expect.objectContaining({ hint: 'over ssh that is ssh://log@host/~/logs' }),
    )
  })
})

describe('the command line of an ssh', () => {
  const options = { command: 'ssh', remoteTslog: 'tslog', compress: false }

  test('ends its options before the host', () => {
    expect(sshCommandLine(parsePeer('ssh://log@host:2222/srv/logs') as SshPeer, options)).toEqual([
      'ssh',
      '-oBatchMode=yes',
      '-oServerAliveInterval=15',
      '-p',
      '2222',
      '--',
      'log@host',
      'tslog __replicate /srv/logs',
    ])
  })

  test.each([
    [`ssh -i '/srv/my key'  -v`, ['ssh', '-i', '/srv/my key', '-v']],
    [`  "/opt/open ssh/ssh" -oProxyCommand="nc %h"`, ['/opt/open ssh/ssh', '-oProxyCommand=nc %h']],
    [`ssh -i '' "it's"`, ['ssh', '-i', '', "it's"]],
  ])('begins with the words of --ssh-command, which quotes hold together: %s', (command, words) => {
    const line = sshCommandLine(parsePeer('ssh://host/srv/logs') as SshPeer, { ...options, command })
    expect(line.slice(0, line.indexOf('-oBatchMode=yes'))).toEqual(words)
  })

  test.each(['ssh -i "key', `ssh -i it's`])('is not made of a quote without an end: %s', (command) => {
    const peer = parsePeer('ssh://host/srv/logs') as SshPeer
    expect(() => sshCommandLine(peer, { ...options, command })).toThrow(UsageError)
  })

  test.each(["/srv/it's", '/srv/$(touch x)', '/srv/a b', '/srv/`id`', '/srv/;id', '/srv/*', '/-rf'])(
    'makes one word of the path %j for the far shell',
    (path) => {
      const words = sshCommandLine(parsePeer(`ssh://host${path}`) as SshPeer, options)
      const quoted = (words.at(-1) ?? '').slice('tslog __replicate '.length)
      expect(unquoted(quoted)).toBe(path)
    },
  )
})

/** What a POSIX shell makes of single quotes and plain words; undefined when anything else would be looked at. */
function unquoted(text: string): string | undefined {
  if (/^[A-Za-z0-9_./-]+$/.test(text)) return text
  return /^'(?:[^']|'\\'')*'$/.test(text) ? text.slice(1, -1).replaceAll("'\\''", "'") : undefined
}

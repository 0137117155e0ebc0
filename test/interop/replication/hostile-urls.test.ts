import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { builtBinary } from '../../support/built-binary.ts'
import { toolOrSkip } from '../../support/require-tool.ts'

/** Peers that try to have something else run than an ssh to a host; `argv` of the ssh where the URL is a fair one after all. */
const urls: readonly { url: string; argv?: readonly string[] }[] = [
  { url: 'ssh://-oProxyCommand=touch${IFS}pwned/srv' },
  { url: 'ssh://-oProxyCommand=touch%20pwned@host/srv' },
  { url: 'ssh://host -oProxyCommand=touch pwned/srv' },
  { url: 'ssh://-F/srv' },
  { url: 'ssh://--/srv' },
  { url: 'ssh://-x@host/srv' },
  { url: 'ssh://$(touch pwned)/srv' },
  { url: 'ssh://`touch pwned`/srv' },
  { url: 'ssh://user;touch pwned@host/srv' },
  { url: 'ssh://user$(touch pwned)@host/srv' },
  { url: 'ssh://host|touch pwned|/srv' },
  { url: 'ssh://host&touch pwned&/srv' },
  { url: 'ssh://host\ntouch pwned/srv' },
  { url: 'ssh://host\rtouch pwned/srv' },
  { url: 'ssh://us er@host/srv' },
  { url: 'ssh://@host/srv' },
  { url: 'ssh://host:0/srv' },
  { url: 'ssh://host:99999/srv' },
  { url: 'ssh://host:22;touch pwned/srv' },
  { url: 'ssh://host:-oProxyCommand=x/srv' },
  { url: 'ssh://host:/srv' },
  { url: 'ssh://[::1/srv' },
  { url: 'ssh://[-oProxyCommand=x]/srv' },
  { url: 'ssh:///srv' },
  { url: 'ssh://host' },
  { url: 'ssh://host/~other/logs' },
  { url: 'ext::sh -c touch% pwned/x' },
  { url: 'ssh://host/srv/$(touch pwned)', argv: ['host', "tslog __replicate '/srv/$(touch pwned)'"] },
  { url: 'ssh://host/srv/`touch pwned`', argv: ['host', "tslog __replicate '/srv/`touch pwned`'"] },
  { url: "ssh://host/srv/';touch pwned;'", argv: ['host', "tslog __replicate '/srv/'\\'';touch pwned;'\\'''"] },
  { url: 'ssh://host/srv/a b & c', argv: ['host', "tslog __replicate '/srv/a b & c'"] },
  { url: 'ssh://host/-rf', argv: ['host', 'tslog __replicate /-rf'] },
  { url: 'ssh://log@host:2222/~/-rf', argv: ['-p', '2222', 'log@host', 'tslog __replicate ./-rf'] },
]

const home = mkdtempSync(join(tmpdir(), 'tslog-hostile-urls-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Every program that a replication started, by what the kernel was told. Its ssh is `/bin/true`, by another name. */
function programsStarted(url: string): { code: number | null; stderr: string; programs: string[][] } {
  const trace = join(home, 'trace')
  const strace = ['-f', '-qq', '-s', '4096', '-e', 'trace=execve,execveat', '-e', 'signal=none', '-o', trace]
  const words = ['replicate', 'app', url, '--ssh-command', '/bin/true', '-d', 'log']
  const run = spawnSync('strace', [...strace, builtBinary(), ...words], { cwd: home, encoding: 'utf8' })
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes('execve'))
  const programs = calls.map((line) => {
    const argv = /\[("(?:[^"\\]|\\.)*"(?:, )?)*\]/.exec(line)?.[0] ?? '[]'
    return JSON.parse(
      argv.replaceAll(
        /\\([0-7]{1,3})/g,
        (_, octal: string) => `\\u${Number.parseInt(octal, 8).toString(16).padStart(4, '0')}`,
      ),
    ) as string[]
  })
  return { code: run.status, stderr: run.stderr, programs: programs.slice(1) }
}

describe.skipIf(toolOrSkip('strace') === undefined)('a peer of which somebody made another thing than a URL', () => {
  const log = spawnSync(builtBinary(), ['produce', 'app', '-d', 'log'], { cwd: home, input: 'one\n' })

  test('(the log is there, and the trace shows what is started)', () => {
    expect(log.status).toBe(0)
    expect(programsStarted('ssh://host/srv').programs).toHaveLength(1)
  })

  test.each(urls)('starts no program but the ssh that was meant: $url', ({ url, argv }) => {
    const { code, stderr, programs } = programsStarted(url)
    if (argv === undefined) {
      expect({ programs, code }).toEqual({ programs: [], code: 2 })
      expect(stderr.split('\n').length).toBeLessThan(5)
    } else {
      const [program] = programs
      expect(programs).toHaveLength(1)
      expect(program?.[0]).toBe('/bin/true')
      const separator = program?.indexOf('--') ?? -1
      const options = program?.slice(1, separator) ?? []
      expect([...options.filter((word) => !word.startsWith('-o')), ...(program?.slice(separator + 1) ?? [])]).toEqual(
        argv,
      )
      expect(
        options
          .filter((word) => word.startsWith('-o'))
          .every((word) => /^-o(BatchMode|ServerAlive\w+)=\w+$/.test(word)),
      ).toBe(true)
    }
    expect(readdirSync(home).toSorted()).toEqual(['log', 'trace'])
    expect(existsSync(join(home, 'pwned'))).toBe(false)
  })
})

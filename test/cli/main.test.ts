import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { builtBinary } from '../support/built-binary.ts'

const binary = builtBinary()

function tslog(words: readonly string[], redirection = ''): { status: number | null; stdout: string; stderr: string } {
  const script = `exec "$0" "$@" ${redirection}`
  return spawnSync('sh', ['-c', script, binary, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('the binary', () => {
  test('says its version', () => {
    const { version } = JSON.parse(
      execFileSync('cat', ['package.json'], { encoding: 'utf8', cwd: new URL('../..', import.meta.url) }),
    ) as {
      version: string
    }
    for (const flag of ['--version', '-V']) {
      expect(tslog([flag])).toMatchObject({
        status: 0,
        stdout: `tslog/${version} ${process.platform}-${process.arch}\n`,
        stderr: '',
      })
    }
  })

  test.each([[[]], [['--help']], [['topics']], [['consume', '--help']], [['help', 'produce']]])(
    'writes the help of %j to stdout',
    (words) => {
      const { status, stdout, stderr } = tslog(words)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/^tslog/)
    },
  )

  test.each([
    [['xyzzy'], /^tslog: there is no command 'xyzzy'\n {2}see: tslog --help\n$/],
    [['consme'], /did you mean: tslog consume\n$/],
    [['consume', 't', '--frmo', '1'], /^tslog: consume has no flag --frmo\n {2}.*example: tslog consume/],
    [['consume', 't', '-c', 'x'], /^tslog: --count expects.*\n {2}example: tslog consume app-logs --count 100\n$/],
    [['consume', 't', '-h=x'], /^tslog: consume has no flag -h\n/],
    [['topics', 'create', 't', '-p', '6'], /partitions are --partitions/],
  ])('refuses %j with exit code 2, in two lines on stderr', (words, message) => {
    const { status, stdout, stderr } = tslog(words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.split('\n')).toHaveLength(3)
  })

  test('says errors as JSON on stderr with --json, wherever it stands', () => {
    for (const words of [
      ['--json', 'consume', 't', '--frmo'],
      ['consume', 't', '--frmo', '-J'],
    ]) {
      const { status, stdout, stderr } = tslog(words)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(JSON.parse(stderr)).toMatchObject({ error: { name: 'UsageError', exitCode: 2 } })
    }
  })

  test('fails when stdout is closed or full, and not when it is thrown away', () => {
    expect(tslog(['--help'], '>&-')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('standard output is closed') as string,
    })
    expect(tslog(['--help'], '> /dev/full').status).not.toBe(0)
    expect(tslog(['--help'], '> /dev/null')).toMatchObject({ status: 0, stderr: '' })
  })

  test('ends quietly when the reader of its help has gone', () => {
    const script = `{ "$0" topics --help; echo $? >&2; } | true`
    for (let i = 0; i < 10; i++)
      expect(spawnSync('sh', ['-c', script, binary], { encoding: 'utf8' }).stderr).toBe('0\n')
  })

  test('leaves the settings of the directory it is called in alone', () => {
    const cwd = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim()
    execFileSync(
      'sh',
      [
        '-c',
        'echo TSLOG_DIR=elsewhere > .env; echo "preload = [\\"./evil.js\\"]" > bunfig.toml; echo "process.exit(99)" > evil.js',
      ],
      { cwd },
    )
    expect(spawnSync(binary, ['--version'], { cwd, encoding: 'utf8' }).status).toBe(0)
    execFileSync('rm', ['-r', cwd])
  })
})

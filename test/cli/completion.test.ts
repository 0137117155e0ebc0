import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { offer } from '../../src/cli/completion/candidates.ts'
import { completionScript } from '../../src/cli/completion/completion-script.ts'
import { builtBinary } from '../support/built-binary.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const names = { topics: () => ['app-logs', 'hosts'], groups: () => Promise.resolve(['nightly']) }

/** The words offered for what is typed behind `tslog `. */
async function offered(typed: string): Promise<string[]> {
  const { candidates, paths } = await offer(typed.split(' '), names)
  return [...candidates.map(({ word }) => word), ...(paths === undefined ? [] : [`:${paths}`])]
}

describe('completion offers', () => {
  test.each([
    ['co', ['consume', 'compact', 'completion']],
    ['top', ['topics']],
    ['topics d', ['describe', 'delete']],
    ['topic tr', ['trim']],
    ['-d x gr', ['groups']],
    ['consume ', ['app-logs', 'hosts']],
    ['consume app-logs h', ['hosts']],
    ['consume -p 0 h', ['hosts']],
    ['produce ', ['app-logs', 'hosts']],
    ['produce app-logs ', [':files']],
    ['produce -t app-logs ', [':files']],
    ['groups reset ', ['nightly']],
    ['groups reset nightly --topic ', ['app-logs', 'hosts']],
    ['consume -g ', ['nightly']],
    ['consume --isol', ['--isolation']],
    ['consume --isolation ', ['read_committed', 'read_uncommitted']],
    ['consume --isolation=read_c', ['--isolation=read_committed']],
    ['tail --no-f', ['--no-follow']],
    ['produce -z ', ['none', 'gzip', 'snappy', 'lz4', 'zstd']],
    ['consume -d ', [':directories']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['topics create t --config min.c', ['min.cleanable.dirty.ratio=', 'min.compaction.lag.ms=']],
    ['topics alter t -c cleanup.policy=', ['cleanup.policy=delete', 'cleanup.policy=compact']],
    ['topics alter t --config=preallocate=t', ['--config=preallocate=true']],
    ['produce t --config retention.ms=', []],
    ['topics alter t --delete-config retention.', ['retention.bytes', 'retention.ms']],
    ['topics list x', []],
    ['nonsense ', []],
    ['--', ['--dir', '--bootstrap-server', '--verbose', '--quiet', '--json', '--no-color', '--help']],
  ])('for "tslog %s": %j', async (typed, expected) => {
    expect(await offered(typed)).toEqual(expected)
  })

  test('no hidden flag', async () => {
    expect(await offered('produce --')).not.toContain('--topic')
  })
})

const home = mkdtempSync(path.join(tmpdir(), 'tslog-completion-'))
afterAll(() => rmSync(home, { recursive: true }))
for (const partition of ['app-logs-0', 'app-logs-1', 'hosts-0', '__consumer_offsets-0']) {
  mkdirSync(path.join(home, 'log', partition), { recursive: true })
}
const environment = {
  ...process.env,
  PATH: `${path.dirname(builtBinary())}:${process.env['PATH']}`,
  TSLOG_DIR: path.join(home, 'log'),
  HOME: home,
}

function shell(program: string, args: readonly string[]): string[] {
  return execFileSync(program, args, {
    encoding: 'utf8',
    env: environment,
    cwd: home,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
    .split('\n')
    .filter((line) => line !== '')
}

describe('completion in a real shell', () => {
  const bash = toolOrSkip('bash')
  test.skipIf(bash === undefined).each([
    ['tslog con', ['consume']],
    ['tslog consume ', ['app-logs', 'hosts']],
    ['tslog consume --isolation=read_c', ['read_committed']],
    ['tslog dump app-logs:', []],
    ['tslog consume app-logs -o s', ['stored']],
    ['tslog tail -d log', ['log/']],
    ['tslog topics create t --config retention.m', ['retention.ms=']],
    ['tslog topics alter t --config=retention.m', ['retention.ms=']],
    ['tslog topics alter t --config cleanup.policy=c', ['compact']],
  ])('bash completes "%s" to %j', (line, expected) => {
    const drive = `eval "$(tslog completion bash)"
complete -p tslog > /dev/null || exit 1
COMP_LINE=$1 COMP_POINT=\${#1}; _tslog 2> /dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`
    expect(shell(bash ?? '', ['--norc', '-c', drive, 'bash', line])).toEqual(expected)
  })

  const zsh = toolOrSkip('zsh')
  test.skipIf(zsh === undefined).each([
    ['tslog con', ['consume:print records from the start to the end']],
    ['tslog consume ', ['app-logs', 'hosts']],
    ['tslog produce app-logs ', ['(files)']],
    [
      'tslog topics alter t --config retention.m',
      ['retention.ms=:Age at which a segment is dropped, by its latest record; -1 is never.', "-S ''"],
    ],
    ['tslog topics alter t --config=cleanup.policy=c', ['--config=cleanup.policy=compact']],
  ])('zsh completes "%s" to %j', (line, expected) => {
    const drive = `compdef() { :; }; _files() { print -r -- '(files)'; }; _describe() { print -rl -- \${(P)4} \${(j: :)\${(q)@[5,-1]}}; }
eval "$(tslog completion zsh)"
words=("\${(@s: :)1}") CURRENT=\${#words}; _tslog`
    expect(shell(zsh ?? '', ['-f', '-c', drive, 'zsh', line])).toEqual(expected)
  })

  const fish = toolOrSkip('fish')
  test.skipIf(fish === undefined).each([
    ['tslog con', ['consume\tprint records from the start to the end']],
    ['tslog consume ', ['app-logs', 'hosts']],
    ['tslog completion f', ['fish']],
    [
      'tslog topics create t --config retention.m',
      ['retention.ms=\tAge at which a segment is dropped, by its latest record; -1 is never.'],
    ],
    ['tslog topics alter t --config=cleanup.policy=c', ['--config=cleanup.policy=compact']],
  ])('fish completes "%s" to %j', (line, expected) => {
    expect(shell(fish ?? '', ['--no-config', '-c', `tslog completion fish | source; complete -C '${line}'`])).toEqual(
      expected,
    )
  })

  test.each(['bash', 'zsh', 'fish'] as const)('the script for %s ends with a newline and asks __complete', (name) => {
    expect(completionScript(name)).toMatch(/__complete[^]*\n$/)
  })
})

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { ended } from '../support/binary-runner.ts'
import { builtBinary } from '../support/built-binary.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { type BinaryRun, runShell } from '../support/run-binary.ts'

const strace = toolOrSkip('strace')
const unshare = toolOrSkip('unshare')

/** Every so many of the calls that can be killed at is tried; 1 tries all of them, in two minutes. `npm run interop` takes 3. */
const step = Number(process.env['TSLOG_FAULT_STEP'] ?? 18)

const lines = Array.from({ length: 300 }, (_, n) => `line ${n} ${'.'.repeat(40)}`)
const shape = ['--batch-size', '1000', '--config', 'segment.bytes=4000']

/** Calls that change files, each with how often the run below makes it, at least; and those by which it takes turns. */
const calls = { pwrite64: 37, fdatasync: 22, fsync: 14, ftruncate: 13, rename: 9, mkdir: 2, fcntl: 45, madvise: 36 }
const killPoints = Object.entries(calls).flatMap(([call, count]) =>
  Array.from({ length: Math.ceil(count / step) }, (_, n) => ({ call, when: n * step + 1 })),
)

test.skipIf(strace === undefined)('a result is told whole though signals interrupt its writing', () => {
  const log = new BinaryLog()
  log.done(['produce', 't'], 'a\n')
  expect(injected(log, 'write:error=EINTR:when=1..3', ['topics', 'list'])).toMatchObject({
    code: 0,
    stdout: Buffer.from('t\n'),
  })
})

describe.skipIf(strace === undefined)('a producer', () => {
  test.each(killPoints)(
    'that is killed before its call $when of $call leaves whole records and their order',
    (point) => {
      const log = new BinaryLog()
      const run = injected(log, `${point.call}:signal=SIGKILL:when=${point.when}`, ['produce', 't', ...shape])
      expect(run.code).toBe(-1)
      expectPrefixAndNext(log)
    },
  )

  test.each(killPoints.filter(({ call }) => call !== 'mkdir'))(
    'that is killed before its call $when of $call, in a log that has records, loses none of them',
    ({ call, when }) => {
      const log = new BinaryLog()
      log.produce('t', lines.slice(0, 100), ...shape)
      injected(log, `${call}:signal=SIGKILL:when=${when}`, ['produce', 't', ...shape.slice(0, 2)], {
        input: lines.slice(100),
      })
      const found = expectPrefixAndNext(log)
      expect(found).toBeGreaterThanOrEqual(100)
    },
  )

  test('that has the log open finds what another wrote that was killed before it could say so', async () => {
    const log = new BinaryLog()
    const other = log.start(['produce', 't'])
    other.stdin?.write('first\n')
    await expect.poll(() => log.run(['consume', 't']).stdout.toString(), { timeout: 10_000 }).toBe('first\n')
    const words = ['produce', 't', '--fsync', 'batch']
    expect(injected(log, 'fdatasync:signal=SIGKILL', words, { input: ['from the killed one, and long'] }).code).toBe(-1)
    other.stdin?.end('second\n')
    await ended(other)
    expect(log.numbered('t')).toEqual([
      { offset: 0, value: 'first' },
      { offset: 1, value: 'from the killed one, and long' },
      { offset: 2, value: 'second' },
    ])
  })

  test('takes a lock again that a signal interrupted, as a network file system may have it', () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    const { code, stderr } = injected(log, 'fcntl:error=EINTR:when=1+2', ['produce', 't'], {
      input: ['second'],
      path: log.path('t-0', 'tslog.lock'),
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(log.values('t')).toEqual(['first', 'second'])
  })

  test.each([1, 2, 3, 9, 15])('whose sync %i fails says so, claims nothing and never tries again', (when) => {
    const log = new BinaryLog()
    log.done(['produce', 't', ...shape], `${lines[0]}\n`)
    const words = ['produce', 't', '-v', '--fsync', 'batch', ...shape.slice(0, 2)]
    const { code, stdout, stderr } = injected(log, `fdatasync:error=EIO:when=${when}`, words, { input: lines.slice(1) })
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^tslog: cannot sync \S+: .*\(EIO\)$/m)
    expect(stderr).not.toMatch(/records, \d+ bytes to t/)
    expectPrefixAndNext(log)
  })

  test('whose last sync fails at the end exits with 1 and no summary', () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], `${lines[0]}\n`)
    const words = ['produce', 't', '--json']
    const { code, stdout, stderr } = injected(log, 'fdatasync:error=EIO', words, { input: lines.slice(1) })
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ error: { name: 'DiskError', exitCode: 1 } })
    expectPrefixAndNext(log)
  })

  test.each([
    ['EIO', 1],
    ['ENOSPC', 75],
    ['EDQUOT', 75],
  ])('whose write fails with %s exits with %i and leaves whole records', (error, code) => {
    for (const when of [1, 2, 5]) {
      const log = new BinaryLog()
      log.done(['produce', 't', ...shape], `${lines[0]}\n`)
      const words = ['produce', 't', ...shape.slice(0, 2)]
      const run = injected(log, `pwrite64:error=${error}:when=${when}+`, words, { input: lines.slice(1) })
      expect(run.code).toBe(code)
      expect(run.stderr).toContain(error)
      expectPrefixAndNext(log)
    }
  })
})

const everyChange = ['pwrite64', 'fdatasync', 'fsync', 'ftruncate', 'rename', 'mkdir', 'unlink', 'rmdir']

describe.skipIf(strace === undefined)('killed before any of its calls that change files', () => {
  test.each<{ words: string[]; expectAfter: (log: BinaryLog) => void }>([
    {
      words: ['topics', 'create', 'u', '--partitions', '2'],
      expectAfter: (log) => {
        log.done(['topics', 'create', 'u', '--partitions', '2', '--if-not-exists'])
        log.done(['produce', 'u', '-p', '1'], 'in u\n')
        expect(log.values('u')).toEqual(['in u'])
        expect(log.values('t')).toEqual(lines)
      },
    },
    {
      words: ['topics', 'trim', 't', '-o', '150', '--yes'],
      expectAfter: (log) => {
        expect([lines.length, 150]).toContain(log.values('t').length)
        log.done(['topics', 'trim', 't', '-o', '150', '--yes'])
        expect(log.values('t')).toEqual(lines.slice(150))
      },
    },
    {
      words: ['topics', 'delete', 't', '--yes'],
      expectAfter: (log) => {
        if (log.done(['topics', 'list']) !== '') log.done(['topics', 'delete', 't', '--yes'])
        expect(log.done(['topics', 'list'])).toBe('')
        log.done(['produce', 't'], 'anew\n')
        expect(log.numbered('t')).toEqual([{ offset: 0, value: 'anew' }])
      },
    },
    {
      words: ['close'],
      expectAfter: (log) => {
        expect(log.values('t')).toEqual(lines)
        log.done(['produce', 't'], 'next\n')
        expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
        expect(log.values('t')).toEqual([...lines, 'next'])
      },
    },
  ])('$words leaves what the next command goes on with', { timeout: 120_000 }, ({ words, expectAfter }) => {
    const begun = new BinaryLog()
    begun.produce('t', lines, ...shape)
    const killed = new Set<string>()
    for (const call of everyChange) {
      for (let when = 1, code = -1; code === -1; when += step) {
        const log = new BinaryLog()
        cpSync(begun.directory, log.directory, { recursive: true })
        ;({ code } = injected(log, `${call}:signal=SIGKILL:when=${when}`, words))
        expect([-1, 0]).toContain(code)
        if (code === -1) killed.add(call)
        expectAfter(log)
        log.done(['close'])
      }
    }
    expect(killed.size).toBeGreaterThan(2)
  })
})

test('a producer at the limit of the size of a file says so and leaves whole records', () => {
  const log = new BinaryLog()
  const run = runShell('ulimit -f 40; seq 1 100000 | "$tslog" produce t -v', log.directory)
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('(EFBIG)') as string })
  expect(run.stderr).not.toMatch(/records, \d+ bytes to t/)
  log.done(['produce', 't'], 'next\n')
  const values = log.values('t')
  expect(values.at(-1)).toBe('next')
  expect(values.slice(0, -1)).toEqual(values.slice(0, -1).map((_, at) => String(at + 1)))
})

test('a producer to more partitions than it may open files for works or says why, and the next one goes on', () => {
  const log = new BinaryLog()
  log.done(['topics', 'create', 't', '--partitions', '60'])
  const run = runShell('ulimit -n 40; seq 1 2000 | sed "s/.*/&:&/" | "$tslog" produce t -K:', log.directory)
  if (run.code !== 0) expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/EMFILE/) as string })
  const kept = log.values('t').length
  if (run.code === 0) expect(kept).toBe(2000)
  log.done(['produce', 't'], 'next\n')
  expect(log.values('t')).toHaveLength(kept + 1)
})

describe.skipIf(unshare === undefined || !canMount())('a directory', () => {
  test.each(['100k', '204k', '300k', '1000k', '3000k'])(
    'on a disk of %s fills up: exit 75, whole records, and once there is room it goes on',
    (size) => {
      const log = new BinaryLog()
      const out = inNamespace(
        log,
        `mount -t tmpfs -o size=${size} none "$dir" || exit 99
      seq 1 1000000 | "$tslog" produce t --config segment.bytes=50000 2> "$home/full"; echo $? > "$home/full-code"
      "$tslog" consume t > "$home/kept"; echo $? > "$home/kept-code"
      mount -o remount,size=64m "$dir"
      echo next | "$tslog" produce t || exit 98
      "$tslog" consume t > "$home/then" && "$tslog" close`,
      )
      expect(out).toMatchObject({ code: 0 })
      const read = (name: string) => readFileSync(join(log.directory, '..', name), 'utf8')
      expect(read('full-code')).toBe('75\n')
      expect(read('full')).toMatch(/no space left on the device \(ENOSPC\)/)
      const [kept, then] = ['kept', 'then'].map((name) => read(name).split('\n').slice(0, -1))
      expect(kept).toEqual(kept?.map((_, at) => String(at + 1)))
      expect(then).toEqual([...(kept ?? []), 'next'])
    },
  )

  test('that fills up can be trimmed, or a topic of it deleted, to make room', () => {
    for (const words of ['trim t -o end', 'delete t']) {
      const log = new BinaryLog()
      const out = inNamespace(
        log,
        `mount -t tmpfs -o size=300k none "$dir" || exit 99
        seq 1 1000000 | "$tslog" produce t --config segment.bytes=50000 2> "$home/full"
        [ $? = 75 ] && "$tslog" topics ${words} --yes || exit 98
        echo next | "$tslog" produce t && "$tslog" consume t`,
      )
      expect({ ...out, stdout: out.stdout.toString() }).toMatchObject({ code: 0, stdout: 'next\n' })
    }
  })

  test('on a read-only file system is read; writing is not allowed and changes nothing', () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    const out = inNamespace(
      log,
      `mount --bind "$dir" "$dir" && mount -o remount,bind,ro "$dir" || exit 99
      "$tslog" consume t || exit 98
      echo second | "$tslog" produce t; echo $? > "$home/code"
      "$tslog" topics create other; echo $? >> "$home/code"
      "$tslog" close; echo $? >> "$home/code"`,
    )
    expect({ ...out, stdout: out.stdout.toString() }).toMatchObject({ code: 0, stdout: 'first\n' })
    expect(readFileSync(join(log.directory, '..', 'code'), 'utf8')).toBe('77\n77\n77\n')
    expect(out.stderr).toMatch(/EROFS/)
    expect(log.values('t')).toEqual(['first'])
  })
})

test.skipIf(!canBecomeNobody())('a directory of somebody else is neither read nor written, and that is said', () => {
  const log = new BinaryLog()
  log.done(['produce', 't'], 'first\n')
  chmodSync(join(log.directory, '..'), 0o755)
  const asNobody = (command: string) =>
    runShell(`setpriv --reuid=65534 --regid=65534 --clear-groups "$tslog" ${command} < /dev/null`, log.directory)
  for (const command of ['consume t', 'topics list', 'produce t', 'topics delete t --yes', 'close']) {
    const { code, stderr } = asNobody(command)
    expect({ command, code, stderr }).toMatchObject({ code: 77, stderr: expect.stringContaining('EACCES') as string })
  }
  expect(log.values('t')).toEqual(['first'])
})

/** Runs a command with one system call injected. (Not with --seccomp-bpf: under it, strace sends no signals.) */
function injected(
  log: BinaryLog,
  inject: string,
  words: readonly string[],
  { input = lines, path }: { readonly input?: readonly string[]; readonly path?: string } = {},
): BinaryRun {
  const filter = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${inject.split(':')[0]}`, '-e', `inject=${inject}`]
  if (path !== undefined) filter.push('-P', path)
  const { PATH, HOME } = process.env
  const run = spawnSync(strace ?? '', [...filter, builtBinary(), ...words, '-d', log.directory], {
    input: input.map((line) => `${line}\n`).join(''),
    env: { PATH, HOME },
  })
  return { code: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() }
}

/** The log takes one more record, and has the first so many of `lines` before it. Returns how many, and that nothing was left lying about. */
function expectPrefixAndNext(log: BinaryLog): number {
  log.done(['produce', 't', ...shape], 'next\n')
  const records = log.numbered('t')
  expect(records.map(({ value }) => value)).toEqual([...lines.slice(0, records.length - 1), 'next'])
  expect(records.map(({ offset }) => offset)).toEqual(records.map((_, at) => at))
  log.done(['close'])
  expect(readdirSync(log.directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
  return records.length - 1
}

/** Whether this machine lets us mount something for our own processes. */
function canMount(): boolean {
  if (spawnSync(unshare ?? '', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0) return true
  process.stderr.write('SKIPPED: tests that mount a file system, which this machine refuses\n')
  return false
}

/** Whether a test may run the binary as a user without rights: root only, and where everybody may look at the checkout. */
function canBecomeNobody(): boolean {
  const words = ['--reuid=65534', '--clear-groups', builtBinary(), '--version']
  if (process.getuid?.() === 0 && spawnSync(toolOrSkip('setpriv') ?? '', words).status === 0) return true
  process.stderr.write('SKIPPED: a test that needs to be root, to become a user without rights\n')
  return false
}

/** Runs a script with mounts of its own; `$home` lies beside the log. */
function inNamespace(log: BinaryLog, script: string): BinaryRun {
  const file = join(log.directory, '..', 'script')
  writeFileSync(file, `home=$(dirname "$dir")\nmkdir -p "$dir"\n${script}\n`)
  return runShell(`unshare -rm bash '${file}'`, log.directory)
}

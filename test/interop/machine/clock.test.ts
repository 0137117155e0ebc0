import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../../support/binary-log.ts'
import { skippedFor, toolOrSkip } from '../../support/require-tool.ts'
import { runShell } from '../../support/run-binary.ts'

const library = readdirSync('/usr/lib')
  .flatMap((name) => (name.endsWith('-linux-gnu') ? [join('/usr/lib', name, 'faketime')] : []))
  .flatMap((folder) => libraryIn(folder))
  .at(0)
const kcat = toolOrSkip('kcat')
const missing = skippedFor(library === undefined ? 'libfaketime is not installed' : undefined)

function libraryIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name === 'libfaketime.so.1' ? [join(folder, name)] : []))
  } catch {
    return []
  }
}

const hourMs = 3_600_000
/** As libfaketime writes them; without `@` or a sign the clock stands still. */
const clocks: [string, string][] = [
  ['that is a year behind', '-1y'],
  ['that is a year ahead', '+1y'],
  ['that passes the end of 2^31 seconds', '@2038-01-19 03:14:06'],
  ['that stands still', '2026-06-01 00:00:00'],
]

/** Words before a command that runs it by `clock`; what never jumps, as a real machine has it, is left alone. */
function by(clock: string): string {
  return `env LD_PRELOAD=${library} FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME='${clock}' timeout 20`
}

interface Seen {
  readonly offset: number
  readonly timestamp: number
  readonly value: string
}

function seenIn(log: BinaryLog): Seen[] {
  return log.values('t', '-f', '%o %T %s\\n').map((line) => {
    const [offset = '', timestamp = '', value = ''] = line.split(' ')
    return { offset: Number(offset), timestamp: Number(timestamp), value }
  })
}

describe.skipIf(missing)('a clock', () => {
  test.each(clocks)('%s deletes nothing that is young by it, and no offset twice', (_name, clock) => {
    const log = new BinaryLog()
    const lots = (name: string): string =>
      `for n in {1..5}; do echo "${name}-$n" | ${by(name === 'real' ? '+0' : clock)} $tslog produce t; done`
    log.done(['topics', 'create', 't', '-c', 'segment.bytes=200', '-c', `retention.ms=${hourMs}`])
    expect(runShell(`set -e; ${lots('real')}; ${lots('odd')}; ${lots('real')}`, log.directory)).toMatchObject({
      code: 0,
    })
    const before = seenIn(log)
    expect(before.map(({ offset }) => offset)).toEqual(Array.from({ length: 15 }, (_, n) => n))

    const now = Number(runShell(`${by(clock)} date +%s%3N`, log.directory).stdout)
    expect(runShell(`${by(clock)} $tslog retention --yes`, log.directory)).toMatchObject({ code: 0 })
    const after = seenIn(log)
    expect(after).toEqual(before.slice(-after.length || before.length))
    const gone = before.slice(0, before.length - after.length)
    expect(gone.filter(({ timestamp }) => timestamp > now - hourMs)).toEqual([])

    expect(runShell(`echo next | ${by('+0')} $tslog produce t`, log.directory)).toMatchObject({ code: 0 })
    expect(seenIn(log).at(-1)).toMatchObject({ offset: 15, value: 'next' })
    expect(log.run(['verify']).code).toBe(0)
  })

  test('that jumps under a server keeps nobody waiting', () => {
    const log = new BinaryLog()
    const script = `
      echo +0 > "$dir.clock"
      export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE="$dir.clock" LD_PRELOAD=${library}
      $tslog serve --listen 127.0.0.1:0 > /dev/null 2> "$dir.err" & server=$!
      trap 'kill -9 $server 2> /dev/null' EXIT
      for n in {1..100}; do test -e "$dir/tslog-serve.lock" && grep -q listen "$dir.err" && break; sleep 0.1; done
      for clock in +0 -1y +1y '2038-01-19 03:14:07' +0; do
        echo "$clock" > "$dir.clock"
        for n in 1 2; do echo "$clock" | timeout 10 $tslog produce t || exit 3; done
        timeout 10 $tslog consume t --group g > "$dir.read" || exit 4
        grep -cxF -- "$clock" "$dir.read"
      done
      kill $server; wait $server || test $? = 143`
    const { code, stdout, stderr } = runShell(script, log.directory)
    expect({ code, stderr, counts: stdout.toString() }).toEqual({ code: 0, stderr: '', counts: '2\n2\n2\n2\n2\n' })
    expect(seenIn(log).map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, n) => n))
  })

  test.skipIf(kcat === undefined)('that goes back by an hour makes no long poll longer', () => {
    const log = new BinaryLog()
    const script = `
      echo +0 > "$dir.clock"
      clock() { echo "$1" > "$dir.clock"; }
      export TSLOG_TEST_CLOCK="FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=$dir.clock LD_PRELOAD=${library}"
      env $TSLOG_TEST_CLOCK $tslog serve --listen 127.0.0.1:0 > "$dir.out" 2> "$dir.err" & server=$!
      trap 'kill -9 $server 2> /dev/null' EXIT
      for n in {1..100}; do test -s "$dir.out" && break; sleep 0.1; done
      seq 3 | $tslog produce t -b "$(cat "$dir.out")" || exit 3
      # Less is there than it asks for, so that it is answered when its time is over.
      timeout 10 ${kcat} -C -b "$(cat "$dir.out")" -t t -o 0 -c 3 -q -X fetch.min.bytes=100000 -X fetch.wait.max.ms=2000 & reader=$!
      sleep 1
      clock -1h
      wait $reader || exit 4
      kill $server; wait $server || test $? = 143`
    const { code, stdout, stderr } = runShell(script, log.directory)
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: '1\n2\n3\n', stderr: '' })
  })
})

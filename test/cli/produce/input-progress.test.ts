import { afterAll, describe, expect, test } from 'vitest'
import { toolOrSkip } from '../../support/require-tool.ts'
import { ShellScene } from '../shell-scene.ts'

const scene = new ShellScene()
afterAll(() => scene.remove())

const hasTerminal = toolOrSkip('script') !== undefined

describe.skipIf(!hasTerminal)('produce on a terminal', () => {
  test.each([
    ['of several files', 'tslog produce t access.log access.log', true],
    ['of standard input from a file', 'tslog produce t < access.log', true],
    ['of a pipe, whose end is not known,', 'cat access.log | tslog produce t', false],
    ['of a file with -q', 'tslog produce t -q access.log', false],
    ['of a file on a dumb terminal', 'TERM=dumb tslog produce t access.log', false],
    ['into a copy on the screen', 'tslog produce t -T < access.log', false],
  ])('%s: is there a line of progress', async (_name, line, isDrawn) => {
    const { status, screen } = await scene.answer(line, 'nothing is asked', '')
    expect([status, /\r\d[\d.]* KiB of [\d.]+ KiB, .*records?/.test(screen)]).toEqual([0, isDrawn])
  })
})

test.each([
  ['that waits for input', 'tslog produce t < pipe', '8 B, 1 record, '],
  ['that keeps a rate', 'tslog produce t access.log --rate 20/s -q', 'KiB, '],
])('SIGUSR1 shows how far a producer %s is, and does not end it', (_name, producer, shown) => {
  const { status, stderr } = scene.run(`
    mkfifo pipe && exec 3<>pipe
    ${producer} & pid=$!
    echo message >&3
    until [ "$(tslog consume t -c 1 2>/dev/null | wc -l)" = 1 ]; do sleep 0.02; done
    kill -USR1 $pid; sleep 0.3; kill -TERM $pid; wait $pid`)
  expect([status, stderr]).toEqual([143, expect.stringMatching(/^[\d.]+ (B|KiB)( of [\d.]+ KiB)?, \d+ records?, /m)])
  expect(stderr).toContain(shown)
})

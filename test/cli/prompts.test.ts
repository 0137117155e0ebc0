import { afterAll, describe, expect, test } from 'vitest'
import { toolOrSkip } from '../support/require-tool.ts'
import { ShellScene } from './shell-scene.ts'

const hasTerminal = toolOrSkip('script') !== undefined

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const stopped = 'tslog: stopped at the question; nothing was changed'

describe.skipIf(!hasTerminal)('a question on a terminal', () => {
  const scene = new ShellScene()
  afterAll(() => scene.remove())

  test.each([
    ['tslog topics delete hosts', '(y/N)', CTRL_C],
    ['tslog topics delete hosts', '(y/N)', CTRL_D],
    ['tslog groups reset nightly --to-earliest', '(y/N)', CTRL_C],
    ['tslog init', 'The directory of the log', CTRL_C],
  ])('of %s is left with exit code 130 (%j, then %j)', async (line, question, keys) => {
    const { status, screen } = await scene.answer(line, question, keys)
    expect(screen).toContain(stopped)
    expect(status).toBe(130)
  })

  test('is what produce says of a terminal as its input, and the line that is typed then is a record', async () => {
    const line = `tslog produce typed && tslog consume typed -f 'got %s\\n'`
    const { status, screen } = await scene.answer(line, 'one a line; Ctrl-D ends', `hello\r${CTRL_D}`)
    expect(screen).toMatch(/tslog: 1 record, 5 bytes to typed in \d+ ms\r\ngot hello\r\n/)
    expect(status).toBe(0)
  })

  test.each([
    ['y\r', 0, 'tslog: deleted topic hosts'],
    ['\r', 1, 'tslog: nothing was deleted'],
  ])('is answered by %j', async (keys, code, said) => {
    const { status, screen } = await scene.answer('tslog topics delete hosts', '(y/N)', keys)
    expect(screen).toContain(said)
    expect(status).toBe(code)
  })
})

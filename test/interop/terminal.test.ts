import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { offsetCommitApi } from '../../src/protocol/messages/offset-commit.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { makeTopic, NO_ID, produce } from '../broker/requests.ts'
import { ServeScene } from '../broker/serve-scene.ts'
import { builtBinary } from '../support/built-binary.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n)
/** All that a terminal may obey, and what turns text round: as characters... */
const controls = [...range(0, 8), ...range(11, 31), ...range(0x7f, 0x9f)]
const bidi = [0x61c, 0x200e, 0x200f, ...range(0x2028, 0x202e), ...range(0x2066, 0x2069)]
/** ...and in sentences: the clipboard, a link, a title, a screen that is wiped. */
const sentences =
  '\u001b]52;c;cm0gLXJm\u0007\u001b]8;;http://x\u001b\\y\u001b]8;;\u001b\\\u001b]0;t\u0007\u001b[2J\u009b31m'
const hostile = `${String.fromCodePoint(...controls, ...bidi)}${sentences}`
/** A name that records may have, one that words of a command may have. */
const word = hostile.replaceAll('\0', '')
/** C1 as the bytes that old terminals know, which are no UTF-8. */
const bytes = Buffer.concat([Buffer.from(hostile), Buffer.from(range(0x80, 0x9f))])

// oxlint-disable-next-line no-control-regex -- control characters are the point
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

describe.skipIf(toolOrSkip('script') === undefined)('on a terminal', () => {
  let scene: ServeScene

  beforeAll(async () => {
    scene = await ServeScene.start()
    const client = await scene.connect()
    await makeTopic(client, 't')
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 20 })
    builder.append({ key: bytes, value: bytes, headers: [{ key: hostile, value: bytes }], timestamp: 1 })
    expect((await produce(client, 't', builder.build())).errorCode).toBe(ErrorCode.NONE)
    const partition = { partitionIndex: 0, committedOffset: 0n, committedLeaderEpoch: -1, committedMetadata: hostile }
    const request = {
      ...offsetCommitApi.request.initial(),
      groupId: hostile,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 't', topicId: NO_ID, partitions: [partition] }],
    }
    const { topics } = await client.send(offsetCommitApi, 7, request as never)
    expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NONE)
  })
  afterAll(() => scene.remove())

  /** What is seen of a command; both streams are one there. Colours are the command's own. */
  function screenOf(words: readonly string[], input = ''): string {
    const line = [builtBinary(), ...words].map((one) => `'${one.replaceAll("'", "'\\''")}'`).join(' ')
    const env = { ...process.env, NO_COLOR: '1', LANG: 'C.UTF-8', SHELL: '/bin/bash' }
    const { stdout } = spawnSync('script', ['-qec', `printf %s "$INPUT" | ${line}`, '/dev/null'], {
      env: { ...env, INPUT: input },
      timeout: 60_000,
    })
    return stdout.toString('latin1').replaceAll('\r\n', '\n')
  }

  const where = (): readonly (readonly [string, string])[] => [
    ['-d', scene.directory],
    ['-b', scene.address],
  ]

  test.each<[string, readonly string[], string?]>([
    ['a value', ['consume', 't']],
    ['key, header and value', ['consume', 't', '-f', '%k|%h|%s\\n']],
    ['a delimited key', ['consume', 't', '-K', ' ']],
    ['JSON', ['consume', 't', '-J']],
    ['what is last', ['tail', 't', '-n', '1', '--timeout', '1']],
    ['statistics', ['stats', 't', '-q']],
    ['groups', ['groups', 'list']],
    ['a group', ['groups', 'describe', word]],
    ['a topic that cannot be', ['topics', 'create', word]],
    ['a topic that is not there', ['consume', word]],
    ['a pattern that is none', ['consume', 't', '--grep', `(${word}`]],
    ['an offset that is none', ['consume', 't', '-o', word]],
    ['a command that is none', [word]],
    ['a flag that is none', ['consume', 't', `--${word}`]],
    ['a line that is no envelope', ['produce', 't', '-J', '-q'], `{"payload":${word}\n`],
  ])('nothing in %s reaches it', (_, words, input) => {
    for (const [flag, value] of where()) {
      const screen = screenOf([...words, flag, value], input)
      expect(screen).toMatch(/\\x01|\\x1b|\\u001b/)
      const text = Buffer.from(screen, 'latin1')
      // Bytes that are no UTF-8 would come out of a strict decoder as an error.
      expect(new TextDecoder('utf-8', { fatal: true }).decode(text)).not.toMatch(dangerous)
    }
  })

  test.each([
    ['a log that is dumped', ['dump']],
    ['a log that is checked', ['verify', '-q']],
  ])('nothing in %s reaches it', async (_, words) => {
    const screen = screenOf([
      ...words,
      ...(words[0] === 'dump' ? [`${scene.directory}/t-0/00000000000000000000.log`] : ['-d', scene.directory]),
    ])
    expect(screen).not.toMatch(dangerous)
  })
})

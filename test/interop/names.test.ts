import { type ChildProcess, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { createTopicsApi } from '../../src/protocol/messages/create-topics.ts'
import { deleteTopicsApi } from '../../src/protocol/messages/delete-topics.ts'
import { metadataApi } from '../../src/protocol/messages/metadata.ts'
import { offsetCommitApi } from '../../src/protocol/messages/offset-commit.ts'
import type { ValueOf } from '../../src/wire/schema.ts'
import { clientBatch, fetch, makeTopic, partitionsOf, produce } from '../broker/requests.ts'
import { ServeScene } from '../broker/serve-scene.ts'
import type { TestClient } from '../broker/test-client.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const hostileNames = [
  '',
  '.',
  '..',
  '../x',
  '../../outside/x',
  '/etc/x',
  'a/b',
  'a\\b',
  'a\0b',
  'a\nb',
  'a b',
  '~root',
  '%2e%2e%2fx',
  '$(touch x)',
  'x'.repeat(250),
  'x'.repeat(30_000),
  't\u03bfpic',
  '\u202egol',
  '__proto__/x',
]

/** What the kernel is asked to change, and where. */
const changing =
  /^\d+ +(?:(?:open|openat|openat2)\(.*"([^"]*)".*(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)|(?:creat|mkdir|mkdirat|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|truncate|chmod|fchmodat|rmdir)\(.*?"([^"]*)")/

const home = mkdtempSync(join(tmpdir(), 'tslog-names-'))
const directory = join(home, 'log')
const outside = join(home, 'outside')
afterAll(() => rmSync(home, { recursive: true, force: true }))

function contents(): string[] {
  const names = readdirSync(outside, { recursive: true, encoding: 'utf8', withFileTypes: true })
  return names.map((one) => {
    const path = join(one.parentPath, one.name)
    return one.isFile() ? `${path} ${readFileSync(path, 'hex')}` : path
  })
}

describe.skipIf(toolOrSkip('strace') === undefined)(
  'a server that is given names to lead it out of its directory',
  () => {
    let scene: ServeScene
    let client: TestClient
    let tracer: ChildProcess
    const trace = join(home, 'trace')

    beforeAll(async () => {
      mkdirSync(outside)
      mkdirSync(directory)
      scene = await ServeScene.start([], directory)
      client = await scene.connect()
      await makeTopic(client, 'sound')
      tracer = await traced(scene.pid, trace)
    })
    afterAll(() => scene.remove())

    test.each(hostileNames)('refuses it as the name of a topic: %j', async (name) => {
      const topic = { name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }
      const created = await client.send(createTopicsApi, 5, { topics: [topic], timeoutMs: 5000, validateOnly: false })
      expect(created.topics[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
      const told = await client.send(metadataApi, 8, {
        ...metadataApi.request.initial(),
        topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name }],
        allowAutoTopicCreation: true,
      })
      expect(told.topics[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
      expect((await produce(client, name, clientBatch(['x']))).errorCode).not.toBe(ErrorCode.NONE)
      expect(partitionsOf(await fetch(client, [{ topic: name, from: 0n }]))[0]?.errorCode).not.toBe(ErrorCode.NONE)
      const deletion = { topics: [], topicNames: [name], timeoutMs: 5000 }
      expect((await client.send(deleteTopicsApi, 5, deletion)).responses[0]?.errorCode).not.toBe(ErrorCode.NONE)
    })

    test.each(hostileNames.filter((name) => name !== ''))(
      'keeps it in records as that of a group: %j',
      async (name) => {
        const partition = {
          ...offsetCommitApi.request.initial(),
          partitionIndex: 0,
          committedOffset: 0n,
          committedMetadata: '',
        }
        const request = {
          ...offsetCommitApi.request.initial(),
          groupId: name,
          generationIdOrMemberEpoch: -1,
          topics: [{ name: 'sound', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [partition] }],
        }
        const { topics } = await client.send(offsetCommitApi, 7, request as never)
        const codes = [ErrorCode.NONE, ErrorCode.INVALID_GROUP_ID]
        expect(codes).toContain(topics[0]?.partitions[0]?.errorCode)
      },
    )

    test('(all of it changed nothing but files of the directory, by what the kernel was asked for)', async () => {
      expect((await produce(client, 'sound', clientBatch(['still here']))).errorCode).toBe(ErrorCode.NONE)
      tracer.kill('SIGINT')
      await new Promise((resolve) => tracer.once('exit', resolve))
      const paths = readFileSync(trace, 'utf8')
        .split('\n')
        .map((line) => changing.exec(line))
        .filter((found) => found !== null)
        .map(([, opened, changed]) => opened ?? changed ?? '')
      expect(paths.some((path) => path.startsWith(`${directory}/__consumer_offsets-`))).toBe(true)
      const allowed = (path: string): boolean => path.startsWith(`${directory}/`) || path === '/dev/null'
      expect(paths.filter((path) => !allowed(path) || path.includes('/../'))).toEqual([])
      expect(contents()).toEqual([])
      // A name stands in the log on one line, with nothing in it that a terminal would obey.
      // oxlint-disable-next-line no-control-regex -- control characters are the point
      expect(scene.log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    })
  },
)

describe('a server in whose directory links lead elsewhere', () => {
  test('follows none: neither those of partitions, of segments nor of locks', async () => {
    const scene = await ServeScene.start([], mkdtempSync(join(home, 'links-')))
    const first = await scene.connect()
    for (const topic of ['whole', 'moved', 'linked', 'locked']) {
      await makeTopic(first, topic)
      expect((await produce(first, topic, clientBatch(['one']))).errorCode).toBe(ErrorCode.NONE)
    }
    await scene.stop('SIGKILL')
    rmSync(outside, { recursive: true, force: true })
    mkdirSync(outside)
    const at = (path: string): string => join(scene.directory, path)
    renameSync(at('moved-0'), join(outside, 'moved-0'))
    symlinkSync(join(outside, 'moved-0'), at('moved-0'))
    const segment = 'linked-0/00000000000000000000.log'
    renameSync(at(segment), join(outside, 'segment'))
    symlinkSync(join(outside, 'segment'), at(segment))
    writeFileSync(join(outside, 'lock'), 'of another')
    rmSync(at('locked-0/tslog.lock'))
    symlinkSync(join(outside, 'lock'), at('locked-0/tslog.lock'))
    mkdirSync(join(outside, 'empty'))
    symlinkSync(join(outside, 'empty'), at('new-0'))
    const before = contents()
    const again = await ServeScene.start([], scene.directory)
    const client = await again.connect()
    for (const topic of ['moved', 'linked', 'locked', 'new']) {
      expect((await produce(client, topic, clientBatch(['two']))).errorCode, topic).not.toBe(ErrorCode.NONE)
      expect(partitionsOf(await fetch(client, [{ topic, from: 0n }]))[0]?.errorCode, topic).not.toBe(ErrorCode.NONE)
    }
    expect((await client.send(createTopicsApi, 5, creation('new'))).topics[0]?.errorCode).not.toBe(ErrorCode.NONE)
    expect((await produce(client, 'whole', clientBatch(['two']))).errorCode).toBe(ErrorCode.NONE)
    expect(contents()).toEqual(before)
    await again.remove()
  })
})

function creation(name: string): ValueOf<typeof createTopicsApi.request> {
  const topic = { name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }
  return { topics: [topic], timeoutMs: 5000, validateOnly: false }
}

/** A strace of every call with a path, from the moment it says that it is there. */
function traced(pid: number, output: string): Promise<ChildProcess> {
  const flags = ['-f', '-s', '4096', '-e', 'trace=%file', '-o', output, '-p', String(pid)]
  const tracer = spawn('strace', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('attached')) setTimeout(() => resolve(tracer), 200)
    })
  })
}

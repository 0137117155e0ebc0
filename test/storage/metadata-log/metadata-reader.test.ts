import { mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { readMetadataLog } from '../../../src/storage/metadata-log/metadata-reader.ts'
import { metadataBatch, metadataRecord, metadataSnapshot, topicId, topicRecord } from '../../support/metadata-log.ts'
import { Scratch } from '../scratch.ts'

const directory = '__cluster_metadata-0'
const [older, newer, last] = ['a', 'b', 'c'].map((letter) => topicRecord(letter, topicId(letter)))

/** A metadata log of these files; bytes under a name. */
function read(
  files: Readonly<Record<string, Uint8Array>>,
): { names: string[]; problems: readonly string[] } | undefined {
  const scratch = new Scratch()
  mkdirSync(scratch.path(directory))
  for (const [name, bytes] of Object.entries(files)) scratch.write(`${directory}/${name}`, bytes)
  const found = readMetadataLog(scratch.fileSystem, scratch.directory)
  return found && { names: [...found.image.topics().keys()], problems: found.problems }
}

function records(...values: (Uint8Array | undefined)[]): Uint8Array[] {
  return values.flatMap((value) => value ?? [])
}

const firstLog = '00000000000000000000.log'
const snapshotAt = (end: number): string => `${String(end).padStart(20, '0')}-0000000001.checkpoint`

describe('the metadata log', () => {
  test('is the log alone where there is no snapshot', () => {
    expect(read({ [firstLog]: metadataBatch(records(older, newer)) })).toEqual({ names: ['a', 'b'], problems: [] })
  })

  test('is the newest snapshot and what follows it', () => {
    const files = {
      [snapshotAt(1)]: metadataSnapshot(records(older)),
      [snapshotAt(2)]: metadataSnapshot(records(older, newer)),
      // What a snapshot covers must not be replayed: the topic was removed before it.
      [firstLog]: Buffer.concat([
        metadataBatch(records(topicRecord('gone', topicId('g')))),
        metadataBatch([metadataRecord('NoOpRecord')], offset(1n)),
        metadataBatch(records(last), offset(2n)),
      ]),
    }
    expect(read(files)).toEqual({ names: ['a', 'b', 'c'], problems: [] })
  })

  test('begins with its snapshot where the log begins later', () => {
    const files = {
      [snapshotAt(7)]: metadataSnapshot(records(older)),
      '00000000000000000007.log': metadataBatch(records(newer), offset(7n)),
    }
    expect(read(files)).toEqual({ names: ['a', 'b'], problems: [] })
  })

  test('without the snapshot that its beginning needs is a problem', () => {
    const { problems } = read({ '00000000000000000007.log': metadataBatch(records(newer), offset(7n)) }) ?? {}
    expect(problems).toEqual([expect.stringContaining('no snapshot tells what came before offset 7')])
  })

  test.each([
    ['ends before its footer', (whole: Uint8Array) => whole.subarray(0, whole.length - 75)],
    ['is damaged at byte', (whole: Uint8Array) => whole.map((byte, at) => (at === 150 ? byte ^ 1 : byte))],
  ])('with a newest snapshot that %s is read from the one before, and that is said', (problem, damage) => {
    const found = read({
      [snapshotAt(1)]: metadataSnapshot(records(older)),
      [snapshotAt(2)]: damage(metadataSnapshot(records(older, newer))),
      [firstLog]: metadataBatch(records(older, newer)),
    })
    expect(found).toEqual({ names: ['a', 'b'], problems: [expect.stringContaining(problem)] })
  })

  test('with damage in the middle is a problem; a torn end is none', () => {
    const [one, two, three] = [
      metadataBatch(records(older)),
      metadataBatch(records(newer), offset(1n)),
      metadataBatch(records(last), offset(2n)),
    ]
    const damaged = read({
      [firstLog]: Buffer.concat([one, two.map((byte, at) => (at === 70 ? byte ^ 1 : byte)), three]),
    })
    expect(damaged).toEqual({ names: ['a', 'c'], problems: [expect.stringContaining(`damaged at byte ${one.length}`)] })
    const torn = read({ [firstLog]: Buffer.concat([one, two, three.subarray(0, 40)]) })
    expect(torn).toEqual({ names: ['a', 'b'], problems: [] })
  })

  test('with a record that only a later Kafka can read is a problem', () => {
    const later = Uint8Array.of(1, 2, 0)
    const { names, problems } =
      read({ [firstLog]: Buffer.concat([metadataBatch([later]), metadataBatch(records(older), offset(1n))]) }) ?? {}
    expect([names, problems]).toEqual([['a'], [expect.stringContaining('the batch of offsets 0 to 0 cannot be read')]])
  })

  test('is absent without its directory', () => {
    const scratch = new Scratch()
    expect(readMetadataLog(scratch.fileSystem, scratch.directory)).toBeUndefined()
  })
})

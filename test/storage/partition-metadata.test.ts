import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import {
  type PartitionMetadata,
  readPartitionMetadata,
  writePartitionMetadata,
} from '../../src/storage/partition-metadata.ts'
import { Scratch } from './scratch.ts'

const topicId = 'q1Sh-9_ISia_zwGINzRvyQ'

function read(text: string): PartitionMetadata {
  const scratch = new Scratch()
  scratch.write('partition.metadata', text)
  return readPartitionMetadata(scratch.fileSystem, scratch.directory)
}

describe('partition.metadata', () => {
  test('is written as Kafka writes it, without a last line end', () => {
    const scratch = new Scratch()
    expect(readPartitionMetadata(scratch.fileSystem, scratch.directory)).toEqual({ kind: 'absent' })
    writePartitionMetadata(scratch.fileSystem, scratch.directory, topicId)
    expect(scratch.text('partition.metadata')).toBe(`version: 0\ntopic_id: ${topicId}`)
    expect(readPartitionMetadata(scratch.fileSystem, scratch.directory)).toEqual({ kind: 'metadata', topicId })
  })

  test('may end in a line end', () => {
    expect(read(`version: 0\ntopic_id: ${topicId}\n`)).toEqual({ kind: 'metadata', topicId })
  })

  test.each(['', '\0\0\0'])('tells nothing when a power cut left only its size: %j', (text) => {
    expect(read(text)).toEqual({ kind: 'absent' })
  })

  test.each([
    'version: 0',
    `version: 1\ntopic_id: ${topicId}`,
    'version: 0\ntopic_id: short',
    `version: 0\ntopic_id: ${topicId}=`,
    'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA',
    'x'.repeat(5000),
  ])('is damaged as %j', (text) => {
    expect(read(text).kind).toBe('damaged')
  })

  test.each(['AAAAAAAAAAAAAAAAAAAAAA', 'x', ''])('is never given the id %j', (id) => {
    const scratch = new Scratch()
    expect(() => writePartitionMetadata(scratch.fileSystem, scratch.directory, id)).toThrow(AssertionError)
    expect(scratch.names()).toEqual([])
  })
})

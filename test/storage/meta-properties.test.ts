import { describe, expect, test } from 'vitest'
import { CorruptSegmentError, RefusedError } from '../../src/base/errors.ts'
import { createMetaProperties, type MetaProperties, readMetaProperties } from '../../src/storage/meta-properties.ts'
import { Scratch } from './scratch.ts'

const fresh = { clusterId: 'MkU3OEVBNTcwNTJENDM2Qg', nodeId: 1, directoryId: 'q1Sh-9_ISia_zwGINzRvyQ' }

function read(text: string): MetaProperties | undefined {
  const scratch = new Scratch()
  scratch.write('meta.properties', text)
  return readMetaProperties(scratch.fileSystem, scratch.directory)
}

describe('meta.properties', () => {
  test('is made for a fresh directory, as Kafka makes it', () => {
    const scratch = new Scratch()
    expect(readMetaProperties(scratch.fileSystem, scratch.directory)).toBeUndefined()
    expect(createMetaProperties(scratch.fileSystem, scratch.directory, fresh, 1_699_999_999_999)).toBe(true)
    expect(scratch.text('meta.properties')).toBe(
      '#\n#Tue Nov 14 22:13:19 UTC 2023\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\ndirectory.id=q1Sh-9_ISia_zwGINzRvyQ\nnode.id=1\nversion=1\n',
    )
    expect(readMetaProperties(scratch.fileSystem, scratch.directory)).toEqual({ version: 1, ...fresh })
  })

  test('is never changed', () => {
    const scratch = new Scratch()
    scratch.write('meta.properties', 'version=0\n')
    expect(createMetaProperties(scratch.fileSystem, scratch.directory, fresh, 0)).toBe(false)
    expect(scratch.text('meta.properties')).toBe('version=0\n')
  })

  test('may be of the ZooKeeper era', () => {
    expect(read('#\n#Thu Jan 01\nversion=0\nbroker.id=7\ncluster.id=a\\:b\n')).toEqual({
      version: 0,
      nodeId: 7,
      clusterId: 'a:b',
      directoryId: undefined,
    })
  })

  test('of a newer version is refused', () => {
    expect(() => read('version=2\n')).toThrow(RefusedError)
  })

  test.each(['', 'version=x', 'cluster.id=a', 'version=1\nnode.id=one', 'version=1\nnode.id='])(
    'is damaged as %j',
    (text) => {
      expect(() => read(text)).toThrow(CorruptSegmentError)
    },
  )
})

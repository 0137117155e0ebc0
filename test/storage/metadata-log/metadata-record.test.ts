import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import {
  metadataControlTypes,
  metadataRecordTypes,
  readMetadataControl,
  readMetadataRecord,
} from '../../../src/storage/metadata-log/metadata-record.ts'
import { metadataRecord } from '../../support/metadata-log.ts'

const versions = Object.values(metadataRecordTypes).flatMap(({ name, versionLast, message }) =>
  Array.from({ length: versionLast + 1 }, (_, version) => ({ name, version, message })),
)

describe('a record of the metadata log', () => {
  test.each(versions)('is read as it was written: $name of version $version', ({ name, version, message }) => {
    const record = metadataRecord(name, {}, version)
    expect(readMetadataRecord(record)).toEqual({ name, version, value: message.initial() })
    for (let end = 0; end < record.length; end++) {
      expect(() => readMetadataRecord(record.subarray(0, end))).toThrow(MalformedMessageError)
    }
  })

  test('has the golden bytes of Kafka: a topic, and a configuration that is taken back', () => {
    const topic = Buffer.from(`010200056c6f6773${'11'.repeat(16)}00`, 'hex')
    expect(readMetadataRecord(topic)).toEqual({
      name: 'TopicRecord',
      version: 0,
      value: { name: 'logs', topicId: 'EREREREREREREREREREREQ' },
    })
    const config = Buffer.from('01040002056c6f6773026b0000', 'hex')
    expect(readMetadataRecord(config).value).toEqual({ resourceType: 2, resourceName: 'logs', name: 'k', value: null })
  })

  test.each([
    ['a later frame', '0202000000', 'metadata frame of version 2'],
    ['an unknown type', '01630000', 'unknown metadata record of type 99'],
    ['a later version', '01020100', 'TopicRecord of version 1'],
  ])('is refused with what is known: %s', (_, hex, message) => {
    expect(() => readMetadataRecord(Buffer.from(hex, 'hex'))).toThrow(message)
  })

  test('is a value or a malformed message, whatever the bytes', () => {
    const types = fc.constantFrom(...Object.keys(metadataRecordTypes).map(Number))
    const bytes = fc.uint8Array({ size: 'max', maxLength: 300 })
    fc.assert(
      fc.property(types, fc.nat({ max: 4 }), bytes, (type, version, rest) => {
        onlyMalformed(() => readMetadataRecord(Uint8Array.of(1, type, version, ...rest)))
        for (const name of Object.keys(metadataControlTypes)) {
          onlyMalformed(() => readMetadataControl(name, Uint8Array.of(0, version % 2, ...rest)))
        }
      }),
      { numRuns: 2000 },
    )
  })
})

function onlyMalformed(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
  }
}

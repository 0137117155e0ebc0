import { expect, test } from 'vitest'
import {
  hasCleanShutdownMarker,
  removeCleanShutdownMarker,
  writeCleanShutdownMarker,
} from '../../src/storage/clean-shutdown-marker.ts'
import { Scratch } from './scratch.ts'

test('the marker of an orderly end comes, is seen, and goes', () => {
  const { fileSystem, directory } = new Scratch()
  expect(hasCleanShutdownMarker(fileSystem, directory)).toBe(false)
  writeCleanShutdownMarker(fileSystem, directory)
  expect(hasCleanShutdownMarker(fileSystem, directory)).toBe(true)
  expect(fileSystem.list(directory)).toEqual([{ name: '.kafka_cleanshutdown', kind: 'file' }])
  expect(removeCleanShutdownMarker(fileSystem, directory)).toBe(true)
  expect(removeCleanShutdownMarker(fileSystem, directory)).toBe(false)
})

test('the marker says what Kafka says', () => {
  const scratch = new Scratch()
  writeCleanShutdownMarker(scratch.fileSystem, scratch.directory)
  expect(scratch.text('.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":-1}')
})

test('the empty marker of older brokers counts', () => {
  const scratch = new Scratch()
  scratch.write('.kafka_cleanshutdown', '')
  expect(hasCleanShutdownMarker(scratch.fileSystem, scratch.directory)).toBe(true)
})

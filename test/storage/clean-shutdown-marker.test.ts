import { expect, test } from 'vitest'
import {
  hasCleanShutdownMarker,
  setCleanShutdownMarkerAside,
  writeCleanShutdownMarker,
} from '../../src/storage/clean-shutdown-marker.ts'
import { Scratch } from './scratch.ts'

test('the marker of an orderly end comes, is seen, and goes', () => {
  const { fileSystem, directory } = new Scratch()
  expect(hasCleanShutdownMarker(fileSystem, directory)).toBe(false)
  writeCleanShutdownMarker(fileSystem, directory)
  expect(hasCleanShutdownMarker(fileSystem, directory)).toBe(true)
  expect(fileSystem.list(directory)).toEqual([{ name: '.kafka_cleanshutdown', kind: 'file' }])
  expect(setCleanShutdownMarkerAside(fileSystem, directory)).toBe(true)
  expect(setCleanShutdownMarkerAside(fileSystem, directory)).toBe(false)
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

test('a marker that was set aside comes back with what a broker wrote into it; a newer one counts', () => {
  const scratch = new Scratch()
  const { fileSystem, directory } = scratch
  for (const brokerEpoch of [12, 20]) {
    scratch.write('.kafka_cleanshutdown', `{"version":0,"brokerEpoch":${brokerEpoch}}`)
    expect(setCleanShutdownMarkerAside(fileSystem, directory)).toBe(true)
    expect(scratch.names()).toEqual(['tslog-cleanshutdown'])
  }
  writeCleanShutdownMarker(fileSystem, directory)
  expect(scratch.names()).toEqual(['.kafka_cleanshutdown'])
  expect(scratch.text('.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":20}')
})

import { expect, test } from 'vitest'
import { TslogError } from '../../src/base/errors.ts'
import { ErrorCode, errorName, isRetriable } from '../../src/protocol/error-codes.ts'
import { KafkaError } from '../../src/protocol/kafka-error.ts'

test('codes run from -1 to 133 without a gap', () => {
  expect(Object.values(ErrorCode)).toEqual(Array.from({ length: 135 }, (_, i) => i - 1))
})

test('a code has its name, a later one its number', () => {
  expect(errorName(74)).toBe('FENCED_LEADER_EPOCH')
  expect(errorName(999)).toBe('ERROR_999')
})

test('what is over in a moment can be tried again', () => {
  expect([0, 1, 3, 6, 14, 29, 79, 999].filter(isRetriable)).toEqual([3, 6, 14])
})

test('an error says its name where there is nothing more to say', () => {
  const error = new KafkaError(ErrorCode.NOT_COORDINATOR)
  expect(error).toBeInstanceOf(TslogError)
  expect({ code: error.code, message: error.message }).toEqual({ code: 16, message: 'NOT_COORDINATOR' })
  expect(new KafkaError(ErrorCode.INVALID_CONFIG, 'retention.ms is -5').message).toBe('retention.ms is -5')
})

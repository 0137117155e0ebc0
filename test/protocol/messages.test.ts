import { describe, expect, test } from 'vitest'
import { allApis } from '../../src/protocol/all-apis.ts'
import { apiTable } from '../../src/protocol/api-keys.ts'
import { describeDefinition, describeType } from './support/described-fields.ts'
import { definitionsMissing, messageDefinition, versionsIn } from './support/kafka-definition.ts'

describe.skipIf(definitionsMissing() !== undefined)("Kafka's definition", () => {
  const messages = allApis.flatMap((api) => [
    { api, name: `${api.name}Request`, type: api.request },
    { api, name: `${api.name}Response`, type: api.response },
  ])

  test.each(messages)('of $name has the same fields', ({ name, type }) => {
    const definition = messageDefinition(name)
    const valid = versionsIn(definition.validVersions)
    expect(describeType(type, valid)).toEqual(describeDefinition(definition, valid))
  })

  test.each(messages)('of $name has the key, the versions and the first flexible version of our table', (message) => {
    const definition = messageDefinition(message.name)
    const { key, versions, flexibleSince } = message.api
    expect({ key, flexibleSince }).toEqual({
      key: definition.apiKey,
      flexibleSince: versionsIn(definition.flexibleVersions).first,
    })
    expect(versions.last).toBeLessThanOrEqual(versionsIn(definition.validVersions).last)
  })
})

test('every row of the table has its API, in the order of the keys', () => {
  expect(allApis.map(({ name }) => name)).toEqual(Object.keys(apiTable))
  expect(allApis.map(({ key }) => key)).toEqual(allApis.map(({ key }) => key).toSorted((a, b) => a - b))
})

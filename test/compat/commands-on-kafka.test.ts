import { describe } from 'vitest'
import { commandsOnBrokers } from '../support/commands-on-brokers.ts'
import { startKafka } from '../support/kafka/broker.ts'
import { kafkaMissing } from '../support/kafka/home.ts'

const missing = kafkaMissing()

describe.skipIf(missing !== undefined)(`the real Kafka ${missing ?? ''}`, () => {
  commandsOnBrokers('Apache Kafka', startKafka)
})

import { describe } from 'vitest'
import { startKafka } from '../support/kafka/broker.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { replicationWithBrokers } from '../support/replication-with-brokers.ts'

const missing = kafkaMissing()

describe.skipIf(missing !== undefined)(`the real Kafka ${missing ?? ''}`, () => {
  replicationWithBrokers('Apache Kafka', startKafka)
})

import { array, boolean, int16, int32, int64, int8, nullable, string, struct, uint16, uuid } from '../../wire/schema.ts'

/** Records about brokers and controllers. */

const endPoints = array({ name: string, host: string, port: uint16, securityProtocol: int16 })
const features = array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 })

export const registerBrokerRecord = struct({
  brokerId: int32,
  isMigratingZkBroker: boolean.since(2),
  incarnationId: uuid,
  brokerEpoch: int64,
  endPoints,
  features,
  rack: nullable(string),
  fenced: boolean.or(true),
  inControlledShutdown: boolean.since(1),
  logDirs: array(uuid).since(3).tagged(0),
  cordonedLogDirs: nullable(array(uuid)).since(4).tagged(1),
})

export const unregisterBrokerRecord = struct({ brokerId: int32, brokerEpoch: int64 })

export const fenceBrokerRecord = struct({ id: int32, epoch: int64 })

export const unfenceBrokerRecord = struct({ id: int32, epoch: int64 })

export const brokerRegistrationChangeRecord = struct({
  brokerId: int32,
  brokerEpoch: int64,
  /** -1 unfenced, 0 no change, 1 fenced. */
  fenced: int8.tagged(0),
  inControlledShutdown: int8.since(1).tagged(1),
  logDirs: array(uuid).since(2).tagged(2),
  cordonedLogDirs: nullable(array(uuid)).since(3).tagged(3),
})

export const registerControllerRecord = struct({
  controllerId: int32,
  incarnationId: uuid,
  zkMigrationReady: boolean,
  endPoints,
  features,
})

export const producerIdsRecord = struct({
  brokerId: int32,
  brokerEpoch: int64.or(-1n),
  /** The first one of the next block. */
  nextProducerId: int64,
})

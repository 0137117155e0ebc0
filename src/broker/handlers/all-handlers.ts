import type { AnyHandler } from '../request-router.ts'
import { fetchHandler } from './fetch.ts'
import { initProducerIdHandler } from './init-producer-id.ts'
import { listOffsetsHandler } from './list-offsets.ts'
import { metadataHandler } from './metadata.ts'
import { offsetForLeaderEpochHandler } from './offset-for-leader-epoch.ts'
import { produceHandler } from './produce.ts'

/** Every API that this broker answers, but ApiVersions, which speaks of all the others. */
export const allHandlers: readonly AnyHandler[] = [
  produceHandler,
  fetchHandler,
  listOffsetsHandler,
  metadataHandler,
  initProducerIdHandler,
  offsetForLeaderEpochHandler,
]

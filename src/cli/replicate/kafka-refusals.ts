import { RefusedError, UsageError } from '../../base/errors.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { Topic } from '../../storage/log-directory.ts'
import type { BrokerStore } from '../../store/broker-store.ts'
import { counted } from '../results.ts'

/** Records that are produced to the topic they come from would come again without end; and a copy of it would not be one any more. */
export function sameTopic(name: string, { name: there }: BrokerStore): RefusedError {
  return new RefusedError(`${name} on ${there} is this very topic, or a copy of it: records would be in it twice`, {
    hint: `tcp://${there} brings a copy up to date where a tslog serve is there`,
  })
}

/** Throws where records could not be the same in a topic that is there. */
export function refuseUnlike({ name, partitionCount, configs }: Topic, wanted: number, target: string): void {
  if (partitionCount < wanted) {
    throw new RefusedError(`topic ${name} has ${counted(partitionCount, 'partition')} on ${target}, ${wanted} here`, {
      hint: `give it as many: tslog topics alter ${name} --partitions ${wanted} -b ${target}`,
    })
  }
  if (configs.get('message.timestamp.type') !== 'LogAppendTime') return
  throw new RefusedError(`topic ${name} on ${target} gives records the time of their arrival`, {
    hint: `let it keep theirs: tslog topics alter ${name} --config message.timestamp.type=CreateTime -b ${target}`,
  })
}

/** The cluster has rules of its own: the user did not say what it refuses. */
export function notMade(
  { message }: UsageError,
  { name, partitionCount }: Pick<Topic, 'name' | 'partitionCount'>,
  target: BrokerStore,
): RefusedError {
  return new RefusedError(`${target.name}: ${message}`, {
    hint: `make it there as that cluster likes it, and run the command again: tslog topics create ${name} --partitions ${partitionCount} -b ${target.name}`,
  })
}

/** What the cluster does not take, though nothing is wrong with it here; anything else as it is. */
export function notTaken(error: unknown, topic: string, { name }: BrokerStore): unknown {
  if (!(error instanceof UsageError || error instanceof KafkaError)) return error
  return new RefusedError(`${name}: ${error.message}`, {
    cause: error,
    hint: `its topic must take what this one has: tslog topics describe ${topic} --all-configs -b ${name}`,
  })
}

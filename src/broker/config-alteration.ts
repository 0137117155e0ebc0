import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import type { AlterConfigsResponse } from '../protocol/messages/alter-configs.ts'
import { checkBrokerResource, ResourceType, topicResource } from './config-resources.ts'
import { nextTurn } from './next-turn.ts'
import type { RequestContext } from './request-context.ts'
import { errorCodeOf, errorMessageOf } from './storage-errors.ts'
import { differenceOf } from './topic-config-changes.ts'

/** What became of one resource whose configuration was to be changed. */
export type AlteredResource = AlterConfigsResponse['responses'][number]

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface Alteration {
  readonly validateOnly: boolean
  /** What the configurations are to be, from what they are. Throws `KafkaError`. */
  readonly change: (before: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
}

/** Changes the configuration of one resource, or says why not. */
export async function alterResource(
  resource: Resource,
  alteration: Alteration,
  context: RequestContext,
): Promise<AlteredResource> {
  try {
    await alter(resource, alteration, context)
    await nextTurn()
    return { errorCode: ErrorCode.NONE, errorMessage: null, ...namesOf(resource) }
  } catch (error) {
    return { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error), ...namesOf(resource) }
  }
}

export function refusedResource(resource: Resource, errorCode: number): AlteredResource {
  return { errorCode, errorMessage: null, ...namesOf(resource) }
}

async function alter(
  { resourceType, resourceName }: Resource,
  { validateOnly, change }: Alteration,
  context: RequestContext,
): Promise<void> {
  if (resourceType === ResourceType.BROKER) {
    checkBrokerResource(resourceName, 'ALTER_CONFIGS', context)
    throw new KafkaError(ErrorCode.INVALID_REQUEST, "the broker's configuration is given when it is started")
  }
  if (resourceType !== ResourceType.TOPIC) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `resources of type ${resourceType} have no configuration here`)
  }
  const { image } = topicResource(resourceName, 'ALTER_CONFIGS', context)
  const difference = differenceOf(image.configs, change(image.configs))
  if (validateOnly || difference.size === 0) return
  await context.broker.cluster.alterTopic(resourceName, { configs: difference })
  context.broker.topics.refresh()
  context.broker.log.info('topic altered', {
    topic: resourceName,
    configs: [...difference.keys()].join(','),
    by: context.connection.peer,
  })
}

function namesOf({ resourceType, resourceName }: Resource): Resource {
  return { resourceType, resourceName }
}

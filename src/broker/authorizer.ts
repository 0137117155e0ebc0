/** Who is at the other end of a connection, in Kafka's words: `User:alice`. */
export interface Principal {
  readonly type: string
  readonly name: string
}

/** Who has not said who they are. */
export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS' }

/** Whoever may open the socket in the directory: its owner, who may do everything. No client over the network has this type. */
export const directoryOwner: Principal = { type: 'Local', name: 'owner' }

/** What may be done to a resource; Kafka's AclOperation. */
export type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'

export type Resource = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID'

/** What is asked for; the cluster's name is `kafka-cluster`. */
export interface Access {
  readonly operation: Operation
  readonly resource: Resource
  readonly name: string
}

/** Says who may do what. Asked before anything is looked at, so that what is hidden looks as if it were not there. */
export interface Authorizer {
  allows(principal: Principal, host: string, access: Access): boolean
  /** Whether there is any resource of the kind that the client may do that to (KIP-679). */
  allowsAny(principal: Principal, host: string, access: Omit<Access, 'name'>): boolean
}

/** For a broker without access lists. */
export const allowAll: Authorizer = { allows: () => true, allowsAny: () => true }

import {
  array,
  boolean,
  bytes,
  float64,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uuid,
} from '../../wire/schema.ts'

/** Records about who may do what, and how much of it. */

export const accessControlEntryRecord = struct({
  id: uuid,
  resourceType: int8,
  resourceName: string,
  patternType: int8,
  principal: string,
  host: string,
  operation: int8,
  permissionType: int8,
})

export const removeAccessControlEntryRecord = struct({ id: uuid })

export const userScramCredentialRecord = struct({
  name: string,
  mechanism: int8,
  salt: bytes,
  storedKey: bytes,
  serverKey: bytes,
  iterations: int32,
})

export const removeUserScramCredentialRecord = struct({ name: string, mechanism: int8 })

export const delegationTokenRecord = struct({
  owner: string,
  requester: string,
  renewers: array(string),
  issueTimestamp: int64,
  maxTimestamp: int64,
  expirationTimestamp: int64,
  tokenId: string,
})

export const removeDelegationTokenRecord = struct({ tokenId: string })

export const clientQuotaRecord = struct({
  /** A null name is the default of its type. */
  entity: array({ entityType: string, entityName: nullable(string) }),
  key: string,
  value: float64,
  remove: boolean,
})

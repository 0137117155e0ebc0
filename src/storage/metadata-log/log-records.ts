import { array, int16, int32, int64, int8, nullable, string, struct, uint16, uuid } from '../../wire/schema.ts'

/** Records about the metadata log itself. */

/** What follows takes effect at its end, or not at all (KIP-866). */
export const beginTransactionRecord = struct({ name: nullable(string).tagged(0) })

export const endTransactionRecord = struct({})

export const abortTransactionRecord = struct({ reason: nullable(string).tagged(0) })

export const noOpRecord = struct({})

export const featureLevelRecord = struct({ name: string, featureLevel: int16 })

export const zkMigrationStateRecord = struct({ zkMigrationState: int8 })

const voters = array({ voterId: int32, voterDirectoryId: uuid.since(1) })

/** The value of the control record LEADER_CHANGE. */
export const leaderChangeMessage = struct({ version: int16, leaderId: int32, voters, grantingVoters: voters })

/** Of SNAPSHOT_HEADER: the first record of a `.checkpoint`. */
export const snapshotHeaderRecord = struct({ version: int16, lastContainedLogTimestamp: int64 })

/** Of SNAPSHOT_FOOTER: the last record of a `.checkpoint`. */
export const snapshotFooterRecord = struct({ version: int16 })

/** Of KRAFT_VERSION. */
export const kraftVersionRecord = struct({ version: int16, kraftVersion: int16 })

/** Of KRAFT_VOTERS. */
export const votersRecord = struct({
  version: int16,
  voters: array({
    voterId: int32,
    voterDirectoryId: uuid,
    endpoints: array({ name: string, host: string, port: uint16 }),
    kraftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
  }),
})

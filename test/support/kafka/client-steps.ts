import type { RecordToWrite } from './fixtures.ts'

/** What an administrator, a producer or a consumer does to a running broker. */
export type ClientStep =
  | {
      readonly do: 'create'
      readonly topic: string
      readonly partitions?: number
      readonly configs?: Readonly<Record<string, string>>
    }
  /** Null takes a configuration back. The broker '' is all of them. */
  | ({ readonly do: 'configure'; readonly configs: Readonly<Record<string, string | null>> } & (
      | { readonly topic: string }
      | { readonly broker: string }
    ))
  | { readonly do: 'delete'; readonly topic: string }
  | {
      readonly do: 'produce'
      readonly topic: string
      readonly partition?: number
      readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
      /** All records in one transaction, which ends as `outcome` says. */
      readonly transactionalId?: string
      readonly outcome?: 'COMMIT' | 'ABORT'
      readonly records: readonly RecordToWrite[]
    }
  /** A member of the group reads and commits. */
  | {
      readonly do: 'commit'
      readonly topic: string
      readonly group: string
      readonly protocol?: 'classic' | 'consumer'
    }
  /** Credentials, a quota and a permission for this user, and for another one from whom they are taken back. The broker needs an authorizer. */
  | { readonly do: 'secure'; readonly user: string }

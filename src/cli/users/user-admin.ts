import { Credentials, type UserCredential } from '../../broker/security/credentials.ts'
import { answerOf, throwIfError } from '../../client/broker-errors.ts'
import type { Cluster } from '../../client/cluster.ts'
import { type ScramMechanism, scramMechanisms } from '../../network/sasl/scram-keys.ts'
import { alterUserScramCredentialsApi } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { describeUserScramCredentialsApi } from '../../protocol/messages/describe-user-scram-credentials.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { isServed, takeServeLock } from '../../storage/serve-lock.ts'
import type { CliContext } from '../context.ts'
import { openServerCluster } from '../open-broker-store.ts'
import { type StoreOptions, wholeDirectoryOptions } from '../open-store.ts'

/** How a user can log in. */
export interface UserMechanism {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly iterations: number
}

/** A password that was salted, on its way to where what is kept of it is made. */
export type SaltedUser = Pick<UserCredential, 'user' | 'mechanism' | 'salt' | 'iterations'> & {
  readonly saltedPassword: Uint8Array
  readonly credential: UserCredential
}

/** The users of a directory, whether a server holds it or not. */
export interface UserAdmin {
  all(): Promise<readonly UserMechanism[]>
  set(users: readonly SaltedUser[]): Promise<void>
  remove(users: readonly UserMechanism[]): Promise<void>
  close(): void
}

/** Opens them for reading, or with `isWriting` for a change: then a missing directory is made. Throws what opening a directory throws. */
export async function openUsers(
  options: StoreOptions,
  context: CliContext,
  { isWriting }: { readonly isWriting: boolean },
): Promise<UserAdmin> {
  const directory = await wholeDirectoryOptions(options, context)
  const { fileSystem, path } = directory
  if (isServed(fileSystem, path)) return servedUsers(openServerCluster(path))
  if (!isWriting) return storedUsers(new Credentials(fileSystem, path), () => undefined)
  const opened = LogDirectory.openToWrite({ ...directory, isServer: true })
  const lock = takeServeLock(fileSystem, path)
  return storedUsers(new Credentials(fileSystem, path), () => {
    lock.close()
    opened.close()
  })
}

function storedUsers(credentials: Credentials, close: () => void): UserAdmin {
  return {
    all: async () => credentials.all(),
    set: async (users) => credentials.change({ set: users.map(({ credential }) => credential), removed: [] }),
    remove: async (removed) => credentials.change({ set: [], removed }),
    close,
  }
}

function servedUsers(cluster: Cluster): UserAdmin {
  const alter = (change: {
    readonly users: readonly SaltedUser[]
    readonly removed: readonly UserMechanism[]
  }): Promise<void> =>
    cluster.retrying(async () => {
      const upsertions = change.users.map(({ user: name, mechanism, ...rest }) => ({
        name,
        mechanism: numberOf(mechanism),
        ...rest,
      }))
      const deletions = change.removed.map(({ user: name, mechanism }) => ({ name, mechanism: numberOf(mechanism) }))
      const connection = await cluster.any()
      const { results } = await connection.request(alterUserScramCredentialsApi, { deletions, upsertions })
      for (const result of results) answerOf([result], `change user ${result.user}`)
    })
  return {
    all: () =>
      cluster.retrying(async () => {
        const connection = await cluster.any()
        const answer = await connection.request(describeUserScramCredentialsApi, { users: null })
        throwIfError(answer.errorCode, 'list users', answer.errorMessage)
        return answer.results.flatMap(({ user, credentialInfos }) =>
          credentialInfos.map(({ mechanism, iterations }) => ({ user, mechanism: mechanismOf(mechanism), iterations })),
        )
      }),
    set: (users) => alter({ users, removed: [] }),
    remove: (removed) => alter({ users: [], removed }),
    close: () => cluster.close(),
  }
}

function numberOf(mechanism: ScramMechanism): number {
  return scramMechanisms.indexOf(mechanism) + 1
}

function mechanismOf(number: number): ScramMechanism {
  return scramMechanisms[number - 1] ?? 'SCRAM-SHA-256'
}

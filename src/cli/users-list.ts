import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { printJson } from './results.ts'
import type { usersListSpec } from './specs/users-list.ts'
import { writeText } from './standard-streams.ts'
import { visibleText } from './format/visible-text.ts'
import { openUsers } from './users/user-admin.ts'

export type UsersListOptions = OptionsOf<typeof usersListSpec>

/** Lists who may log in. */
export async function usersList(options: UsersListOptions, context: CliContext): Promise<number> {
  const users = await openUsers(options, context, { isWriting: false })
  try {
    const all = await users.all()
    const rows = all.map(({ user, mechanism, iterations }) => ({ user, mechanism, iterations }))
    if (options.json) printJson({ users: rows }, context)
    else
      writeText(
        context.stdout,
        namesOf(all)
          .map((name) => `${visibleText(name)}\n`)
          .join(''),
      )
    return 0
  } finally {
    users.close()
  }
}

function namesOf(all: readonly { readonly user: string }[]): string[] {
  return [...new Set(all.map(({ user }) => user))].toSorted()
}

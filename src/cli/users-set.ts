import { readFileSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import { saltedPassword, scramCredential, type ScramMechanism, scramMechanisms } from '../network/sasl/scram-keys.ts'
import type { OptionsOf } from './command-spec.ts'
import { asked, canAsk } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { printJson, say } from './results.ts'
import type { usersSetSpec } from './specs/users-set.ts'
import { openUsers, type SaltedUser } from './users/user-admin.ts'

export type UsersSetOptions = OptionsOf<typeof usersSetSpec>

/** More than Kafka's default, as fewer are tried sooner by who gets hold of the file. */
const iterations = 8192
const saltBytes = 16

/** Lets a user log in with a password that is asked for. */
export async function usersSet(options: UsersSetOptions, context: CliContext): Promise<number> {
  const { user } = options
  if (user === '') throw new UsageError('the name of the user is empty', { hint: 'such as tslog users set alice' })
  const password = canAsk(context) ? await askedPassword() : givenPassword(context)
  if (password === '') throw new UsageError('the password is empty', { hint: 'it is the first line of standard input' })
  const users = await openUsers(options, context, { isWriting: true })
  try {
    await users.set(
      await Promise.all(scramMechanisms.map((mechanism) => salted(user, password, { mechanism, context }))),
    )
  } finally {
    users.close()
  }
  if (options.json) printJson({ user, mechanisms: [...scramMechanisms], iterations }, context)
  else say(`user ${user} can log in with ${scramMechanisms.join(' and ')}`, options, context)
  return 0
}

async function salted(
  user: string,
  password: string,
  { mechanism, context }: { readonly mechanism: ScramMechanism; readonly context: CliContext },
): Promise<SaltedUser> {
  const terms = { salt: context.random.fill(new Uint8Array(saltBytes)), iterations }
  const key = await saltedPassword(mechanism, password, terms)
  const credential = { user, mechanism, ...scramCredential(mechanism, key, terms) }
  return { user, mechanism, ...terms, saltedPassword: key, credential }
}

async function askedPassword(): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  return asked((streams) => password({ message: 'Password' }, streams))
}

/** The first line. */
function givenPassword({ stdin }: CliContext): string {
  return readFileSync(stdin, 'utf8').split(/\r?\n/, 1)[0] ?? ''
}

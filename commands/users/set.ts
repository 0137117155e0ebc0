import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { usersSetSpec } from '../../src/cli/specs/users-set.ts'

export default class UsersSet extends TslogCommand {
  static override readonly summary = usersSetSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(usersSetSpec)

  override async run(): Promise<number> {
    const options = await this.options(usersSetSpec)
    const { usersSet } = await import('../../src/cli/users-set.ts')
    return usersSet(options, systemContext())
  }
}

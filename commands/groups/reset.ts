import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { groupsResetSpec } from '../../src/cli/specs/groups-reset.ts'

export default class GroupsReset extends TslogCommand {
  static override readonly summary = groupsResetSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(groupsResetSpec)

  override async run(): Promise<number> {
    const options = await this.options(groupsResetSpec)
    const { groupsReset } = await import('../../src/cli/groups-reset.ts')
    return groupsReset(options, systemContext())
  }
}

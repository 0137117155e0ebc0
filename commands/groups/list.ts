import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { groupsListSpec } from '../../src/cli/specs/groups-list.ts'

export default class GroupsList extends TslogCommand {
  static override readonly summary = groupsListSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(groupsListSpec)

  override async run(): Promise<number> {
    const options = await this.options(groupsListSpec)
    const { groupsList } = await import('../../src/cli/groups-list.ts')
    return groupsList(options, systemContext())
  }
}

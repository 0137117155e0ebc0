import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsDeleteSpec } from '../../src/cli/specs/topics-delete.ts'

export default class TopicsDelete extends TslogCommand {
  static override readonly summary = topicsDeleteSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsDeleteSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsDeleteSpec)
    const { topicsDelete } = await import('../../src/cli/topics-delete.ts')
    return topicsDelete(options, systemContext())
  }
}

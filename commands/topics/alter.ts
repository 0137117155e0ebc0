import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsAlterSpec } from '../../src/cli/specs/topics-alter.ts'

export default class TopicsAlter extends TslogCommand {
  static override readonly summary = topicsAlterSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsAlterSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsAlterSpec)
    const { topicsAlter } = await import('../../src/cli/topics-alter.ts')
    return topicsAlter(options, systemContext())
  }
}

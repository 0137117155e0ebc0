import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsDescribeSpec } from '../../src/cli/specs/topics-describe.ts'

export default class TopicsDescribe extends TslogCommand {
  static override readonly summary = topicsDescribeSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsDescribeSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsDescribeSpec)
    const { topicsDescribe } = await import('../../src/cli/topics-describe.ts')
    return topicsDescribe(options, systemContext())
  }
}

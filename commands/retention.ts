import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { retentionSpec } from '../src/cli/specs/retention.ts'

export default class Retention extends TslogCommand {
  static override readonly summary = retentionSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(retentionSpec)

  override async run(): Promise<number> {
    const options = await this.options(retentionSpec)
    const { retention } = await import('../src/cli/retention.ts')
    return retention(options, systemContext())
  }
}

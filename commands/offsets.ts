import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { offsetsSpec } from '../src/cli/specs/offsets.ts'

export default class Offsets extends TslogCommand {
  static override readonly summary = offsetsSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(offsetsSpec)

  override async run(): Promise<number> {
    const options = await this.options(offsetsSpec)
    const { offsets } = await import('../src/cli/offsets.ts')
    return offsets(options, systemContext())
  }
}

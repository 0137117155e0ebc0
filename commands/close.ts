import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { closeSpec } from '../src/cli/specs/close.ts'

export default class Close extends TslogCommand {
  static override readonly summary = closeSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(closeSpec)

  override async run(): Promise<number> {
    const options = await this.options(closeSpec)
    const { close } = await import('../src/cli/close.ts')
    return close(options, systemContext())
  }
}

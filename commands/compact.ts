import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { compactSpec } from '../src/cli/specs/compact.ts'

export default class Compact extends TslogCommand {
  static override readonly summary = compactSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(compactSpec)

  override async run(): Promise<number> {
    const options = await this.options(compactSpec)
    const { compact } = await import('../src/cli/compact.ts')
    return compact(options, systemContext())
  }
}

import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { replicateSpec } from '../src/cli/specs/replicate.ts'

export default class Replicate extends TslogCommand {
  static override readonly summary = replicateSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(replicateSpec)

  override async run(): Promise<number> {
    const options = await this.options(replicateSpec)
    const { replicate } = await import('../src/cli/replicate.ts')
    return replicate(options, systemContext())
  }
}

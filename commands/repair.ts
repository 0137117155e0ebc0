import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { repairSpec } from '../src/cli/specs/repair.ts'

export default class Repair extends TslogCommand {
  static override readonly summary = repairSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(repairSpec)

  override async run(): Promise<number> {
    const options = await this.options(repairSpec)
    const { repair } = await import('../src/cli/repair.ts')
    return repair(options, systemContext())
  }
}

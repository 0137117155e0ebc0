import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { statsSpec } from '../src/cli/specs/stats.ts'

export default class Stats extends TslogCommand {
  static override readonly summary = statsSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(statsSpec)

  override async run(): Promise<number> {
    const options = await this.options(statsSpec)
    const { stats } = await import('../src/cli/stats.ts')
    return stats(options, systemContext())
  }
}

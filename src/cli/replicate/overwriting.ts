import { isConfirmed, type Question } from '../confirmation.ts'
import type { CliContext } from '../context.ts'
import { say } from '../results.ts'
import type { ReplicateOptions } from './plan.ts'

/** Whether what only the copy has may be given up. */
export async function mayOverwrite(options: ReplicateOptions, context: CliContext): Promise<boolean> {
  const isWanted = await isConfirmed(question(options), context)
  if (!isWanted) say('nothing was changed', options, context)
  return isWanted
}

function question({ operands, yes, from, keep }: ReplicateOptions): Question {
  // Flags without which it would be another copy that is overwritten, or more of it.
  const flags = `${from ? ' --from' : ''}${keep ? ' --keep' : ''}`
  return {
    text: 'Give up what only the copy has, where it has diverged?',
    example: `tslog replicate ${operands.join(' ')}${flags} --overwrite-diverged --yes`,
    yes,
  }
}

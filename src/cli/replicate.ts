import type { CliContext } from './context.ts'
import { type ReplicateOptions, type ReplicatePlan, replicatePlan } from './replicate/plan.ts'
import { sshCommandLine } from './replicate/ssh-command-line.ts'
import { SshProcess } from './replicate/ssh-process.ts'

/**
 * `tslog replicate`: brings a copy to where its source is. Resolves to the exit code; throws what the user must hear. An ssh connects while what
 * copies is loaded.
 */
export async function replicate(options: ReplicateOptions, context: CliContext): Promise<number> {
  const plan = replicatePlan(options)
  if (!(await mayBegin(plan, options, context))) return 1
  const ssh = plan.peer.kind === 'ssh' ? new SshProcess(sshCommandLine(plan.peer, plan.ssh)) : undefined
  try {
    const { reportedRun } = await import('./replicate/reported-run.ts')
    return await reportedRun({ options, plan, ssh }, context)
  } finally {
    ssh?.kill()
  }
}

async function mayBegin({ request }: ReplicatePlan, options: ReplicateOptions, context: CliContext): Promise<boolean> {
  if (!request.overwritesDiverged || request.isDryRun) return true
  const { mayOverwrite } = await import('./replicate/overwriting.ts')
  return mayOverwrite(options, context)
}

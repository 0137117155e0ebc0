import { type HotCommand, hotCommand } from './hot-command.ts'
import { farSide } from './replicate/far-side.ts'
import { replicate } from './replicate.ts'
import { replicateSpec } from './specs/replicate.ts'

// Both sides of a replication: with nothing new to copy most of its time is their start.

/** `replicate` for ordinary command lines. */
export const replicateLine: HotCommand = hotCommand(replicateSpec, replicate)

export { farSide }

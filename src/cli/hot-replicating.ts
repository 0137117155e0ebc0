import { type HotCommand, hotCommand } from './hot-command.ts'
import { replicate } from './replicate.ts'
import { replicateSpec } from './specs/replicate.ts'

// With nothing new to copy most of its time is the start of both sides. What is here is loaded before an ssh begins to connect, the rest beside that.

/** `replicate` for ordinary command lines. */
export const replicateLine: HotCommand = hotCommand(replicateSpec, replicate)

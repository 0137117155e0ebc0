import { type HotCommand, hotCommand } from './hot-command.ts'
import { retention } from './retention.ts'
import { retentionSpec } from './specs/retention.ts'

/** `retention` for ordinary command lines, in one piece with all it needs. */
export const retentionLine: HotCommand = hotCommand(retentionSpec, retention)

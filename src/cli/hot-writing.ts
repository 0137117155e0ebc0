import { type HotCommand, hotCommand } from './hot-command.ts'
import { produce } from './produce.ts'
import { produceSpec } from './specs/produce.ts'

/** `produce` for ordinary command lines, in one piece with all it needs. */
export const produceLine: HotCommand = hotCommand(produceSpec, produce)

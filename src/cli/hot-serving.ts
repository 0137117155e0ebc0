import { type HotCommand, hotCommand } from './hot-command.ts'
import { serve } from './serve.ts'
import { serveSpec } from './specs/serve.ts'

/** `serve` for ordinary command lines: clients can connect some 50 ms earlier than by the way round. */
export const serveLine: HotCommand = hotCommand(serveSpec, serve)

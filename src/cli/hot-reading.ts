import { consume } from './consume.ts'
import { type HotCommand, hotCommand } from './hot-command.ts'
import { offsets } from './offsets.ts'
import { consumeSpec } from './specs/consume.ts'
import { offsetsSpec } from './specs/offsets.ts'
import { tailSpec } from './specs/tail.ts'
import { topicsListSpec } from './specs/topics-list.ts'
import { tail } from './tail.ts'
import { topicsList } from './topics-list.ts'

// The commands that read, for ordinary command lines, in one piece with all they need.

export const consumeLine: HotCommand = hotCommand(consumeSpec, consume)
export const tailLine: HotCommand = hotCommand(tailSpec, tail)
export const topicsListLine: HotCommand = hotCommand(topicsListSpec, topicsList)
export const offsetsLine: HotCommand = hotCommand(offsetsSpec, offsets)

import { writeSync } from 'node:fs'
import { InputReader } from '../../../src/cli/input.ts'
import { SignalWatch } from '../../../src/cli/signals.ts'

// Blocks in a wait for standard input, says what ended it and which signal was there after one turn.
using watch = new SignalWatch()
const input = InputReader.standardInput()
writeSync(1, 'waiting\n')
const result = input.waitReadable(-1)
const before = watch.pending()
await watch.turn()
writeSync(1, `${result} ${String(before)} ${String(watch.pending())}\n`)

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** What is called most often, first; each word by word. The first makes the topic that the others read. */
const starts: readonly (readonly string[])[] = [
  ['produce', 'words'],
  ['consume', 'words'],
  ['consume', 'words', '-o', '1', '-c', '1'],
  ['consume', 'words', '-o', 's@0', '-c', '1'],
  ['topics', 'list'],
]

/**
 * Has the binary note which of its functions a few starts use, and returns the files with these notes, which the bundler lays code out by: what
 * a start needs lies together then. `folder` is a fresh one for the notes and for a log. Throws when a start fails.
 */
export function recordStarts(binary: string, folder: string): string[] {
  mkdirSync(folder)
  return starts.map((words, index) => {
    const notes = join(folder, `${index}.order`)
    const env = { PATH: process.env['PATH'], TSLOG_DIR: join(folder, 'log'), BUN_BYTECODE_ORDER_OUT: notes }
    const { status, stderr } = spawnSync(binary, words, { cwd: folder, env, input: 'one\ntwo\n', encoding: 'utf8' })
    if (status !== 0) throw new Error(`tslog ${words.join(' ')} ended with ${status}\n${stderr}`)
    return notes
  })
}

import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { allSpecs } from '../../src/cli/command-table.ts'
import { rootHelp } from '../../src/cli/help/root-help.ts'
import { projectRoot } from '../support/source-files.ts'
import { ShellScene } from './shell-scene.ts'

const scene = new ShellScene()
afterAll(() => scene.remove())

/** What follows for ever is stopped after a while, a directory of the system is one of ours, and topics are created in an empty one. */
function runnable(command: string): string {
  const line = command.replaceAll('/var/lib/tslog', '"$TSLOG_DIR"').replaceAll('/etc/tslog/', '')
  // Every example may listen on an address that is taken here, and serves until it is told to stop.
  if (serves(command))
    return `timeout --preserve-status 0.5 ${line} --quiet --listen 127.0.0.1:0`
      .replace(/--listen 0\S+/, '')
      .replace(/(--metrics-listen \S+):\d+/, '$1:0')
  if (command.startsWith('tslog topics create')) return `TSLOG_DIR=empty ${line}`
  return follows(command) ? line.replace(/\btslog tail/, 'tslog tail --timeout 200ms') : line
}

function follows(command: string): boolean {
  return /\btslog tail/.test(command) && !command.includes('--no-follow')
}

function serves(command: string): boolean {
  return / serve\b/.test(command) && !command.includes('--ephemeral')
}

function works(command: string): void {
  const { status, stderr } = scene.run(runnable(command))
  expect({ status, stderr }).toEqual({ status: serves(command) ? 143 : follows(command) ? 124 : 0, stderr: '' })
}

const examples = (await allSpecs()).flatMap((spec) => spec.examples.map(({ command }) => command))

describe('an example of a command works as it is written:', () => {
  test.each(examples)('%s', works)
})

describe('an example of the help works as it is written:', () => {
  const lines = rootHelp({ width: 80, isBold: false }).matchAll(/^ {2}\$ (.*)$/gm)
  test.each([...lines].map(([, line = '']) => line))('%s', works)
})

describe('an example of the README works as it is written:', () => {
  test.each(linesOf('sh'))('%s', works)

  // What stands before it is when cron runs it.
  test.each(linesOf('crontab').map((line) => line.replace(/^(\S+ ){5} */, '')))('%s', works)
})

/** The lines of the first block in this language. */
function linesOf(language: string): string[] {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms')
  const [, lines = ''] = block.exec(readFileSync(`${projectRoot}README.md`, 'utf8')) ?? []
  return lines.trim().split('\n')
}

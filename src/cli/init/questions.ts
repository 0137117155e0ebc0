import { UsageError } from '../../base/errors.ts'
import { asked, promptStreams } from '../confirmation.ts'
import { visibleText } from '../format/visible-text.ts'
import { parseBrokerList } from '../values/broker-list.ts'
import type { LocationSetting } from './settings-text.ts'

/** Asks at the terminal where the log is; `undefined` when the user left. */
export async function askForLocation(defaultDirectory: string): Promise<LocationSetting | undefined> {
  const { input, select } = await import('@inquirer/prompts')
  return asked(async () => {
    const choices = [
      { name: 'a directory of this machine', value: 'directory' as const },
      { name: 'brokers of a Kafka cluster', value: 'brokers' as const },
    ]
    const kind = await select({ message: 'Where is the log?', choices }, promptStreams())
    if (kind === 'directory') {
      const path = await input({ message: 'Directory:', default: defaultDirectory, required: true }, promptStreams())
      return { kind, path }
    }
    const question = { message: 'Brokers:', default: 'localhost:9092', validate: brokersProblem }
    return { kind, list: await input(question, promptStreams()) }
  }, undefined)
}

/** Asks whether a file that is there may be replaced. */
export async function askToReplace(path: string): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts')
  return asked(() => confirm({ message: `Replace ${visibleText(path)}?`, default: false }, promptStreams()), false)
}

function brokersProblem(text: string): true | string {
  try {
    parseBrokerList(text, 'brokers')
    return true
  } catch (error) {
    if (error instanceof UsageError) return visibleText(`${error.message}; ${error.hint}`)
    throw error
  }
}

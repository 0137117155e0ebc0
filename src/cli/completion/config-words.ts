import { topicConfigs } from '../../storage/topic-configs.ts'

/** One word that may stand where the cursor is. One that ends in `=` goes on. */
export interface Candidate {
  readonly word: string
  readonly summary: string
}

/** The names of all configurations of a topic. */
export function configNames(): Candidate[] {
  return Object.values(topicConfigs()).map(({ name, doc }) => ({ word: name, summary: doc }))
}

/** What `KEY=VALUE` may become, of which `typed` is there: a name, and behind its `=` the words that it takes. */
export function configSettings(typed: string): Candidate[] {
  const end = typed.indexOf('=')
  if (end < 0) return configNames().map(({ word, summary }) => ({ word: `${word}=`, summary }))
  const name = typed.slice(0, end)
  const words = Object.values(topicConfigs()).find((one) => one.name === name)?.words ?? []
  return words.map((word) => ({ word: `${name}=${word}`, summary: '' }))
}

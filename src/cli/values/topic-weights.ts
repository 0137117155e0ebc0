import { badValue } from './bad-value.ts'

/** How many times as long as others a topic's segments stay, by topic. */
export type TopicWeights = ReadonlyMap<string, number>

/** Reads `audit=5,debug=0.5`; several texts are one list. Throws `UsageError`. */
export function parseTopicWeights(texts: readonly string[], flag: string): TopicWeights {
  const weights = new Map<string, number>()
  for (const part of texts.flatMap((text) => text.split(','))) {
    const [, topic = '', number = ''] = /^([^=]+)=(\d{1,9}(?:\.\d{1,6})?)$/.exec(part.trim()) ?? []
    const weight = Number(number)
    if (!(weight > 0)) throw badValue(flag, part, 'TOPIC=N with an N above 0', 'audit=5,debug=0.5')
    weights.set(topic, weight)
  }
  return weights
}

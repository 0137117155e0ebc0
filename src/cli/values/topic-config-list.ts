import { UsageError } from '../../base/errors.ts'
import { parseTopicConfig } from '../../storage/topic-configs.ts'

/** Configurations given as `KEY=VALUE`, in Kafka's own texts. Throws `UsageError` for an unknown key or a bad value. */
export function topicConfigsOf(texts: readonly string[], flag: string): ReadonlyMap<string, string> {
  const configs = new Map<string, string>()
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at <= 0)
      throw new UsageError(`${flag}: ${JSON.stringify(text)} is not KEY=VALUE`, {
        hint: `${flag} retention.ms=604800000`,
      })
    const name = text.slice(0, at)
    configs.set(name, parseTopicConfig(name, text.slice(at + 1)))
  }
  return configs
}

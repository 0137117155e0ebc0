import { isDeepStrictEqual } from 'node:util'
import type { ClientKind } from './clients/all-clients.ts'
import type { Answer } from './clients/tried-client.ts'
import { differences } from './differences.ts'
import { type Feature, script, type ScriptStep } from './script.ts'

const stepMsMax = 40_000

/** The answers of a client to each step of the features that it has. */
export async function answers(
  kind: ClientKind,
  bootstrap: string,
  features: readonly Feature[] = script,
): Promise<Map<string, [ScriptStep, Answer][]>> {
  const client = kind.start(bootstrap)
  const all = new Map<string, [ScriptStep, Answer][]>()
  const prefix = kind.name.replaceAll(/[^a-z]+/gi, '')
  for (const { name, steps } of features.filter((feature) => !kind.lacks.includes(feature.name))) {
    const told: [ScriptStep, Answer][] = []
    for (const one of steps(prefix)) told.push([one, await Promise.race([client.do(one.step), late()])])
    all.set(name, told)
  }
  await client.close()
  return all
}

/** A step that takes this long is not done any more. */
async function late(): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, stepMsMax).unref())
  return { error: `no answer within ${stepMsMax} ms` }
}

/** What is amiss in the answers of tslog to the steps of one feature, and which listed differences are none any more. */
export function compared(
  { name }: ClientKind,
  feature: string,
  told: readonly (readonly [ScriptStep, Answer])[],
  theirs: readonly (readonly [ScriptStep, Answer])[] | undefined,
): string[] {
  const listed = differences.filter((one) => one.client === name && one.feature === feature)
  const needed = new Set<string>()
  const amiss = told.flatMap(([{ step, isRefused }, ours], i) => {
    const kafkas = theirs?.[i]?.[1]
    const isSame = isDeepStrictEqual(ours, kafkas)
    if (!isSame) needed.add(step.do)
    const isAsWanted = 'error' in ours === (isRefused === true)
    const mayDiffer = listed.some((one) => one.step === step.do)
    if (isAsWanted && (isSame || mayDiffer)) return []
    return [
      `${feature}: ${JSON.stringify(step).slice(0, 200)}: Kafka ${JSON.stringify(kafkas)}, tslog ${JSON.stringify(ours)}`,
    ]
  })
  const unneeded = listed.filter((one) => !needed.has(one.step))
  return [...amiss, ...unneeded.map(({ step }) => `${feature}: ${step} is listed as a difference, and is none`)]
}

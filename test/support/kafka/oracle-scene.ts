import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type KafkaOracle, kafkaOracle } from './oracle.ts'

/** The oracle and a directory for its files, there while the tests around the call run. */
export class OracleScene {
  #oracle: KafkaOracle | undefined
  #home = ''

  constructor() {
    beforeAll(() => {
      this.#oracle = kafkaOracle()
      this.#home = mkdtempSync(join(tmpdir(), 'tslog-oracle-'))
    })
    afterAll(async () => {
      await this.#oracle?.[Symbol.asyncDispose]()
      rmSync(this.#home, { recursive: true, force: true })
    })
  }

  get oracle(): KafkaOracle {
    if (this.#oracle === undefined) throw new Error('the oracle went away')
    return this.#oracle
  }

  /** Removed afterwards. */
  get home(): string {
    return this.#home
  }
}

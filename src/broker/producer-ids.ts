import { type ProducerId, producerId } from '../base/brands.ts'
import type { ClusterControl, ProducerIdBlock } from './cluster-control.ts'

/** Gives out ids of idempotent producers, from blocks that the cluster gave this broker. */
export class ProducerIds {
  readonly #cluster: ClusterControl
  #block: ProducerIdBlock | undefined
  #used = 0
  #nextBlock: Promise<void> | undefined

  constructor(cluster: ClusterControl) {
    this.#cluster = cluster
  }

  /** An id that nobody was given before. */
  async next(): Promise<ProducerId> {
    while (this.#block === undefined || this.#used === this.#block.count) {
      this.#nextBlock ??= this.#takeBlock()
      await this.#nextBlock
    }
    return producerId(this.#block.first + BigInt(this.#used++))
  }

  async #takeBlock(): Promise<void> {
    try {
      this.#block = await this.#cluster.allocateProducerIds()
      this.#used = 0
    } finally {
      this.#nextBlock = undefined
    }
  }
}

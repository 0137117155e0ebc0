/** Tells when something is expected and nothing has been heard for too long. */
export class SilenceWatch {
  readonly #silenceMs: number
  readonly #onSilence: () => void
  #timer: NodeJS.Timeout | undefined
  #heardMs = 0

  constructor(silenceMs: number, onSilence: () => void) {
    this.#silenceMs = silenceMs
    this.#onSilence = onSilence
  }

  /** Whether something is expected from now on. */
  expect(isExpected: boolean): void {
    if (isExpected === (this.#timer !== undefined)) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!isExpected) return
    this.heard()
    this.#wait(this.#silenceMs)
  }

  heard(): void {
    this.#heardMs = performance.now()
  }

  /** One timer, not one for each byte that comes. */
  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#silenceMs - (performance.now() - this.#heardMs)
      if (leftMs <= 0) this.#onSilence()
      else this.#wait(leftMs)
    }, ms)
    this.#timer.unref()
  }
}

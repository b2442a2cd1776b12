import { type PendingFacts, type PendingHooks, PendingRequest } from './pending-request.ts'

/** A request with one reply. */
export class ReplyPromise<Reply> extends PendingRequest {
  readonly handle: Promise<Reply>
  #resolve!: (reply: Reply) => void
  #reject!: (error: unknown) => void

  constructor(facts: PendingFacts, hooks: PendingHooks) {
    super(facts, hooks)
    this.handle = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  answer(reply: Reply): void {
    if (this.conclude('answered')) this.#resolve(reply)
  }

  protected override onFailure(error: unknown): void {
    this.#reject(error)
  }
}

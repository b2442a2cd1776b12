import type { MessageOf } from '@sapwood/wire-codec'
import type { NodeRequestOf, ReplyOf } from '../contract/request-map.ts'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import {
  type KeyedMessages,
  type KeyedReply,
  type KeyedRequest,
  keyedRequests,
  type KeyedType,
} from './keyed-requests.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { RequestOutput } from './request-output.ts'

interface Waiting {
  readonly timeout: number
  deadline: number
  answer(reply: unknown): void
}

/** The keyed requests of one connection that wait for their replies. Equal requests are answered in order. */
export class KeyedReplies {
  readonly #output: RequestOutput
  readonly #waiting = new Map<KeyedReply, Map<string, Waiting[]>>()

  constructor(output: RequestOutput) {
    this.#output = output
  }

  create<Type extends KeyedType>(
    request: NodeRequestOf<Type>,
    facts: PendingFacts,
  ): ReplyPromise<ReplyOf<Type>> {
    const descriptor: KeyedRequest<Type> = keyedRequests[request.type]
    const message = descriptor.message(request)
    const bytes = descriptor.keyOfAsk(message)
    let begun = false
    const pending = new ReplyPromise<ReplyOf<Type>>(facts, {
      begin: () => {
        begun = true
        this.#add(descriptor.reply, hashKey(bytes), pending)
        this.#output.send(message)
        if (descriptor.large === true) this.#output.expectLarge(descriptor.reply, true)
      },
      end: (outcome) => {
        if (!begun) return
        this.#remove(descriptor.reply, hashKey(bytes), pending)
        if (outcome !== 'answered' && outcome !== 'refused')
          this.#output.expectations.add(descriptor.reply, bytes, 'abandoned')
      },
    })
    return pending
  }

  /** The owner sent the message of a request by itself. */
  ownerAsked<Type extends KeyedType>(
    { reply, keyOfAsk, large }: KeyedRequest<Type>,
    message: MessageOf<KeyedMessages[Type][0]>,
  ): void {
    this.#output.expectations.add(reply, keyOfAsk(message), 'owner')
    if (large === true) this.#output.expectLarge(reply, true)
  }

  /** Gives a reply to the oldest request that it names. @returns who had asked for it. */
  claim<Type extends KeyedType>(
    descriptor: KeyedRequest<Type>,
    message: MessageOf<KeyedMessages[Type][1]>,
    at: Instant,
  ): AskedBy {
    const { reply, large } = descriptor
    const bytes = descriptor.keyOfReply(message)
    if (bytes === undefined) return 'none'
    if (large === true) this.#bearWith(reply, hashKey(bytes), at)
    const waiting = this.#waiting.get(reply)?.get(hashKey(bytes))?.[0]
    waiting?.answer(descriptor.value(message))
    const askedBy = waiting === undefined ? this.#output.expectations.take(reply, bytes) : 'request'
    // One that was given up may still come: it is expected until it has.
    if (large === true && !this.#awaits(reply)) this.#output.expectLarge(reply, false)
    return askedBy ?? 'none'
  }

  /**
   * What was asked for after a large reply could not come before it: its time begins anew. What was asked for
   * before has been passed over, and has no more time than it had.
   */
  #bearWith(reply: KeyedReply, answered: string, at: Instant): void {
    let isLater = false
    for (const [key, waiting] of this.#waiting.get(reply) ?? []) {
      isLater ||= key === answered
      if (!isLater) continue
      for (const each of waiting) each.deadline = Math.max(each.deadline, at + each.timeout)
    }
  }

  #awaits(reply: KeyedReply): boolean {
    return this.#waiting.has(reply) || this.#output.expectations.count(reply) > 0
  }

  #add(reply: KeyedReply, key: string, pending: Waiting): void {
    const byKey = this.#waiting.get(reply) ?? new Map<string, Waiting[]>()
    this.#waiting.set(reply, byKey)
    const waiting = byKey.get(key)
    if (waiting === undefined) byKey.set(key, [pending])
    else waiting.push(pending)
  }

  #remove(reply: KeyedReply, key: string, pending: Waiting): void {
    const byKey = this.#waiting.get(reply)
    const left = byKey?.get(key)?.filter((waiting) => waiting !== pending) ?? []
    if (left.length > 0) byKey?.set(key, left)
    else byKey?.delete(key)
    if (byKey?.size === 0) this.#waiting.delete(reply)
  }
}

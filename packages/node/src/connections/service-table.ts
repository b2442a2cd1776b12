import { type BlockHash, Services } from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'

/** Names of them. */
export const OFFERED = [
  'block',
  'compactBlock',
  'blockTransactions',
  'compactFilters',
  'compactFilterHeaders',
  'compactFilterCheckpoints',
  'utreexoProof',
  'utreexoRoots',
] as const

/** What may be served besides what the node was made with. */
export type OfferedServices = Pick<PeerServices, (typeof OFFERED)[number]>

/** Something that a program serves from some moment on, such as the proofs of a bridge. */
export interface ServiceOffer {
  readonly services: OfferedServices
  /** Service bits that stand for it now: told to each peer whose handshake begins from now on. */
  readonly bits: () => bigint
  /** Whether all that is served of a block is there: the block is not announced before. Default: it is. */
  readonly isReady?: (hash: BlockHash) => boolean
}

/**
 * What a program gives the node to serve: what the node was made with, and what has been offered since.
 * The oldest is asked first.
 */
export class ServiceTable {
  /** What the node was made with. */
  readonly own: PeerServices
  readonly #offers = new Set<ServiceOffer>()
  /** What answers now: each request looks here, and offers come and go seldom. */
  #answers: OfferedServices

  constructor(own: PeerServices) {
    this.own = own
    this.#answers = this.#answersOfNow()
  }

  add(offer: ServiceOffer): void {
    this.#offers.add(offer)
    this.#answers = this.#answersOfNow()
  }

  remove(offer: ServiceOffer): void {
    this.#offers.delete(offer)
    this.#answers = this.#answersOfNow()
  }

  /** Bits of all that is offered now. */
  get bits(): bigint {
    let bits = Services.NONE
    for (const offer of this.#offers) bits |= offer.bits()
    return bits
  }

  /** What answers now. */
  get answers(): OfferedServices {
    return this.#answers
  }

  /** Whether nothing that is offered still lacks its part of a block. */
  isReady(hash: BlockHash): boolean {
    for (const { isReady } of this.#offers) if (isReady?.(hash) === false) return false
    return true
  }

  #answersOfNow(): OfferedServices {
    const serving = OFFERED.map((name) => [name, this.#answering(name)] as const)
    return Object.fromEntries(serving.filter(([, answer]) => answer !== undefined))
  }

  /** Whatever serves it, one after the other until there is an answer; undefined where nothing does. */
  #answering<Name extends keyof OfferedServices>(name: Name): PeerServices[Name] | undefined {
    type Answer = (...args: unknown[]) => unknown
    const serving: Answer[] = []
    for (const services of [this.own, ...[...this.#offers].map((offer) => offer.services)]) {
      const answer = services[name] as Answer | undefined
      if (answer !== undefined) serving.push(answer.bind(services))
    }
    const [only, ...others] = serving
    if (others.length === 0) return only as PeerServices[Name] | undefined
    const firstAnswer: Answer = async (...args) => {
      for (const answer of serving) {
        const found = await answer(...args)
        if (found !== undefined && found !== null) return found
      }
      return undefined
    }
    return firstAnswer as PeerServices[Name]
  }
}

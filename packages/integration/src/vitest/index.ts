import type { Message, MessageOf } from '@sapwood/wire-codec'
import { expect } from 'vitest'
import type { ConnectionEnd, ExpectOptions, TestPeer } from '../test-peer/index.ts'

type Options = ExpectOptions & Partial<Pick<ConnectionEnd, 'by' | 'how'>>

/** What this entry adds to Vitest's `expect`, for a `TestPeer`. All are asynchronous. */
export interface TestPeerMatchers<R = unknown> {
  /** `peer.expect`: a message came, or comes, that nobody has expected before. */
  toReceive<T extends Message['type']>(type: T, predicate?: (message: MessageOf<T>) => boolean): Promise<R>
  /** `peer.expectNothing`: none came, up to the answer to a ping. */
  toReceiveNothing(type: Message['type']): Promise<R>
  /** `peer.expectAlive` */
  toBeAlive(): Promise<R>
  /** `peer.expectClosed` */
  toBeClosed(options?: Options): Promise<R>
}

declare module 'vitest' {
  // Merged with Vitest's own, which has this parameter.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type
  interface Matchers<T = any> extends TestPeerMatchers<T> {}
}

interface Outcome {
  readonly pass: boolean
  readonly message: () => string
}

async function outcomeOf(work: Promise<unknown>, otherwise: string): Promise<Outcome> {
  try {
    await work
    return { pass: true, message: () => `${otherwise} was not expected` }
  } catch (error) {
    return { pass: false, message: () => (error instanceof Error ? error.message : String(error)) }
  }
}

expect.extend({
  toReceive: (peer: TestPeer, type: Message['type'], predicate?: (message: Message) => boolean) =>
    outcomeOf(peer.expect(type, predicate), `'${type}'`),
  toReceiveNothing: (peer: TestPeer, type: Message['type']) =>
    outcomeOf(peer.expectNothing(type), `no '${type}'`),
  toBeAlive: (peer: TestPeer) => outcomeOf(peer.expectAlive(), 'a connection that lives'),
  toBeClosed: (peer: TestPeer, options?: Options) =>
    outcomeOf(peer.expectClosed(options), 'an end of the connection'),
})

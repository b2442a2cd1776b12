import type { RegtestChain } from '@sapwood/integration'
import type { DialOptions, ListenOptions, TestPeer } from '@sapwood/integration/test-peer'
import type { Transaction } from '@sapwood/wire-codec'
import type { AskedDriver } from '../driver/asked-driver.ts'
import type { Transport } from './transport.ts'

/** What a case for software that listens is given. */
export interface ListeningStage {
  readonly transport: Transport
  /** The chain that the target has; empty where it took none. */
  readonly chain: RegtestChain
  /** A new connection, with its handshake done unless told otherwise. It ends with the case. */
  dial(options?: DialOptions): Promise<TestPeer>
  /** Mines a block on the chain, and gives it to the target by a connection of its own. */
  mine(transactions?: readonly Transaction[]): Promise<void>
  /** A transaction that the target has not seen, and that it can take: it spends a coin of the chain. */
  payment(): Transaction
  /** Does with the target what its P2P port is not enough for: for cases that have it in their `needs`. */
  readonly driver: AskedDriver
}

/** What a case for software that dials is given. */
export interface DiallingStage {
  readonly transport: Transport
  /** A chain that can be served to it. */
  readonly chain: RegtestChain
  /** The next connection of the software, with its handshake done unless told otherwise. */
  accept(options?: ListenOptions): Promise<TestPeer>
  /**
   * Whether the program goes on. One that has just let go of a connection has a moment to turn out to have
   * failed: what it held is closed before its end is known. One that has ended well, with exit code 0, may
   * have gone into the background.
   */
  survives(): Promise<boolean>
}

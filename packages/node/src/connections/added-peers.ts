import { formatPeerAddress, type NetworkAddress, type PeerAddress } from '@sapwood/wire-codec'
import { type Clock, type Instant, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import { type AddressKey, addressKey } from '../addresses/address-key.ts'
import type { ConnectionRecord } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import { backOffDelay, type BackOffOptions } from './back-off.ts'

/** A connection that lasted this long in milliseconds was a success: the next retry comes soon again. */
const STABLE_AFTER = MINUTE

/** A peer that the node is to stay connected to. */
export interface AddedPeerState {
  readonly address: PeerAddress
  readonly key: AddressKey
  readonly text: string
  /** Failures in a row: dials that failed and connections that did not last. */
  failures: number
  nextTry: Instant
  /** The keys of what its name stood for when it was last looked up; of an address none. */
  others: readonly AddressKey[]
}

/** The peers that a program or a user has added, and when each is to be dialled next. */
export interface AddedPeers {
  /** @returns undefined where the address is there already. */
  add(address: PeerAddress): AddedPeerState | undefined
  remove(address: PeerAddress): AddedPeerState | undefined
  get(key: AddressKey): AddedPeerState | undefined
  all(): readonly AddedPeerState[]
  /** The name of that key stands for these addresses. */
  standsFor(key: AddressKey, addresses: readonly NetworkAddress[]): void
  /** Those whose time has come; the caller leaves out those that are connected. */
  due(): AddedPeerState[]
  /** A connection to it ended or a dial failed. @returns milliseconds until the next attempt. */
  ended(key: AddressKey, readyFor: number | undefined): number | undefined
}

/** The connection to the peer, by whichever of its names and addresses it was made. */
export function connectionOf(
  { key, others }: AddedPeerState,
  table: Pick<ConnectionTable, 'withAny'>,
): ConnectionRecord | undefined {
  return table.withAny([key, ...others])
}

/** Makes the list, empty. */
export function createAddedPeers(
  options: BackOffOptions,
  components: { readonly clock: Clock; readonly random: Random },
): AddedPeers {
  const { clock, random } = components
  const peers = new Map<AddressKey, AddedPeerState>()
  return {
    add: (address) => {
      const key = addressKey(address)
      if (peers.has(key)) return undefined
      const state: AddedPeerState = {
        address,
        key,
        text: formatPeerAddress(address),
        failures: 0,
        nextTry: clock.now(),
        others: [],
      }
      peers.set(key, state)
      return state
    },
    remove: (address) => {
      const key = addressKey(address)
      const state = peers.get(key)
      peers.delete(key)
      return state
    },
    get: (key) => peers.get(key),
    all: () => [...peers.values()],
    standsFor: (key, addresses) => {
      const state = peers.get(key)
      if (state !== undefined) state.others = addresses.map(addressKey)
    },
    due: () => [...peers.values()].filter(({ nextTry }) => nextTry <= clock.now()),
    ended: (key, readyFor) => {
      const state = peers.get(key)
      if (state === undefined) return undefined
      state.failures = readyFor !== undefined && readyFor >= STABLE_AFTER ? 1 : state.failures + 1
      const delay = backOffDelay(state.failures, random, options)
      state.nextTry = (clock.now() + delay) as Instant
      return delay
    },
  }
}

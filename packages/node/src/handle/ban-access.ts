import type { Clock, WallTime } from '@sapwood/transport-v1v2/environment'
import { type BanEntry, DEFAULT_BAN_DURATION } from '../addresses/ban-list.ts'
import { inSubnet } from '../addresses/subnet.ts'
import { remoteOf } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { NodeError } from '../errors/node-error.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { BanManager } from '../loop/ban-manager.ts'
import type { NodeState } from '../loop/node-state.ts'
import type { NodeEventHub } from './node-events.ts'
import type { BanAccess } from './node-handle.ts'
import { readSubnet } from './read-address.ts'

/** The last moment that a `Date` can name, 275,000 years away: what is kept of a ban for ever. */
const LATEST_TIME = 8_640_000_000_000_000

/** The handle's bans. Each change is in the store when its call resolves. */
export function createBanAccess(components: {
  readonly calls: CallQueue
  readonly clock: Clock
  readonly table: ConnectionTable
  readonly banManager: Pick<BanManager, 'letGo'>
  readonly state: NodeState
  readonly events: NodeEventHub
}): BanAccess {
  const { calls, clock, table, banManager, state, events } = components
  const { bans } = state

  const lift = async (lifted: readonly BanEntry[]): Promise<void> => {
    for (const ban of lifted) events.emit('ban-lifted', { ban, why: 'requested' })
    await state.saveBans()
  }

  return {
    ban: async (text, options = {}) => {
      const subnet = readSubnet(text)
      const entry = await calls.call('ban', () => {
        const now = clock.wallTime()
        const wanted = options.until?.getTime() ?? now + (options.duration ?? DEFAULT_BAN_DURATION)
        const until = Math.min(wanted, LATEST_TIME)
        if (!(until > now)) throw new NodeError('invalid-argument', 'A ban has to end in the future')
        const added = bans.add(subnet, until as WallTime, options.reason ?? '', now)
        events.emit('ban-added', { ban: added })
        for (const record of [...table.all()]) {
          const remote = remoteOf(record)
          if (remote !== undefined && inSubnet(subnet, remote)) banManager.letGo(record, 'banned')
        }
        return added
      })
      await state.saveBans()
      return entry
    },
    unban: async (text) => {
      const subnet = readSubnet(text)
      const lifted = await calls.call('unban', () => bans.remove(subnet))
      if (lifted === undefined) return false
      await lift([lifted])
      return true
    },
    bans: () => bans.list(),
    clearBans: async () => {
      const lifted = await calls.call('clearBans', () => {
        const all = bans.list()
        for (const { subnet } of all) bans.remove(subnet)
        return all
      })
      await lift(lifted)
    },
  }
}

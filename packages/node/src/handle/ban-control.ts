import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { type BanEntry, DEFAULT_BAN_DURATION } from '../bans/ban-list.ts'
import { inSubnet, parseSubnet } from '../bans/subnet.ts'
import { NodeError } from '../errors/node-error.ts'
import type { NodeLoop } from '../loop/node-loop.ts'
import type { NodeState } from '../loop/node-state.ts'
import type { NodeEventHub } from './node-events.ts'
import type { BanControl } from './node-handle.ts'

/** The handle's bans. Each change is in the store when its call resolves. */
export function createBanControl(components: {
  readonly loop: NodeLoop
  readonly state: NodeState
  readonly events: NodeEventHub
}): BanControl {
  const { loop, state, events } = components
  const { bans } = state

  const lift = async (lifted: readonly BanEntry[]): Promise<void> => {
    for (const ban of lifted) events.emit('ban-lifted', { ban, why: 'requested' })
    await state.saveBans()
  }

  return {
    ban: async (text, options = {}) => {
      const subnet = parseSubnet(text)
      const entry = await loop.calls.call('ban', () => {
        const now = loop.wallTime()
        const until = options.until?.getTime() ?? now + (options.duration ?? DEFAULT_BAN_DURATION)
        if (!(until > now)) throw new NodeError('invalid-argument', 'A ban has to end in the future')
        const added = bans.add(subnet, until as WallTime, options.reason ?? '')
        events.emit('ban-added', { ban: added })
        for (const record of [...loop.keeper.table.all()]) {
          const { address } = record
          if (address !== undefined && address.network !== 'name' && inSubnet(subnet, address))
            loop.conduct.letGo(record, 'banned')
        }
        return added
      })
      await state.saveBans()
      return entry
    },
    unban: async (text) => {
      const subnet = parseSubnet(text)
      const lifted = await loop.calls.call('unban', () => bans.remove(subnet))
      if (lifted === undefined) return false
      await lift([lifted])
      return true
    },
    bans: () => bans.list(),
    clearBans: async () => {
      const lifted = await loop.calls.call('clearBans', () => {
        const all = bans.list()
        for (const { subnet } of all) bans.remove(subnet)
        return all
      })
      await lift(lifted)
    },
  }
}

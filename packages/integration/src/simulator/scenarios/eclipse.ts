import { type NetworkAddress, peerAddressKey, regtest, Services } from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { liars } from '../../liars/liars.ts'
import { placeLiar } from '../lying-host.ts'
import { Simulation } from '../simulation.ts'
import { grow } from './growth.ts'
import type { Scenario } from './scenario.ts'

const BLOCKS = 40
/** The attacker's addresses: this many in each of this many netgroups, all of which answer. */
const ATTACKER = { netgroups: 4, each: 64 }
/** Nodes around the victim, at most: it is the victim that is looked at, for an hour. */
const MOST_NODES = 40
/** Virtual time that the attack goes on. */
const DURATION = 60 * MINUTE

/** An attacker with many addresses in few netgroups tries to fill a node's tables, and so its connections. */
export const eclipse: Scenario = {
  name: 'eclipse',
  claim: 'an attacker with 256 addresses in 4 netgroups does not get all connections of a node',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const honestChain = simulation.makeChain(BLOCKS, 'honest')
    await grow(simulation, Math.min(nodes, MOST_NODES))
    await simulation.submit(simulation.nodes[0]!, honestChain)
    const attackers = attackerAddresses()
    const attacking = new Set(attackers.map((address) => peerAddressKey(address)))
    const attacker = liars.honest(simulation.makeChain(0))
    for (const address of attackers) placeLiar(simulation, address, attacker)
    await simulation.run(3 * MINUTE)
    const victim = simulation.nodes.at(-1)!
    for (let passed = 0; passed < DURATION; passed += MINUTE) {
      const time = Math.floor(simulation.clock.wallTime() / 1_000)
      const gossip = attackers.map((address) => ({
        time,
        services: Services.NETWORK | Services.WITNESS,
        address,
      }))
      const source = attackers[(passed / MINUTE) % attackers.length]!
      await Promise.all([victim.handle.addresses.add(gossip, source), simulation.run(MINUTE)])
    }
    const known = victim.handle.addresses.sample(100_000)
    const share = (table: 'new' | 'tried'): string => {
      const all = known.filter((entry) => entry.table === table)
      const theirs = all.filter(({ address }) => attacking.has(peerAddressKey(address))).length
      return `${theirs} of ${all.length} (${all.length === 0 ? 0 : Math.round((100 * theirs) / all.length)} %)`
    }
    const outbound = victim.handle
      .peers()
      .filter(({ connectionKind }) => ['outbound-full-relay', 'block-relay-only'].includes(connectionKind))
    const theirs = outbound.filter(({ address }) => address && attacking.has(peerAddressKey(address))).length
    const facts = {
      'attacker addresses in new': share('new'),
      'attacker addresses in tried': share('tried'),
      'outbound connections to the attacker': `${theirs} of ${outbound.length}`,
    }
    const passed = outbound.length - theirs >= 1 && victim.handle.chain.tip().height === BLOCKS
    return { name: 'eclipse', passed, facts, ...simulation.trace() }
  },
}

function attackerAddresses(): readonly NetworkAddress[] {
  return Array.from({ length: ATTACKER.netgroups * ATTACKER.each }, (_, i) => ({
    network: 'ipv4',
    bytes: Uint8Array.of(200, i % ATTACKER.netgroups, Math.floor(i / ATTACKER.netgroups), 9),
    port: regtest.defaultPort,
  }))
}

import { describe, expect, it } from 'vitest'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

interface PeerLine {
  readonly bip152_hb_from: boolean
  readonly bip152_hb_to: boolean
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>
  readonly bytessent_per_msg: Readonly<Record<string, number>>
}

describe('compact blocks of a real bitcoind (BIP152)', () => {
  it('bring new blocks, first asked for, then unasked, put together from what was heard', async () => {
    // To those with this permission it announces at once, instead of after some seconds at random.
    await using bitcoind = await RegtestBitcoind.start({ args: ['-whitelist=noban@127.0.0.1'] })
    await mineWithPayments(bitcoind, 110)
    await using node = await startNode({ connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(110)
    const address = await bitcoind.rpc<string>('getnewaddress')
    const heights: number[] = []
    const transactions: number[] = []
    const pay = async (): Promise<void> => {
      const heard = node.events.next('transaction-heard', { timeout: 60_000 })
      await bitcoind.rpc('sendtoaddress', address, 0.1)
      await heard
      await bitcoind.mine(1)
    }
    const stream = node.blocks.follow({ from: 111 })
    for (let round = 0; round < 4; round++) {
      const [item] = await Promise.all([stream.next(), pay()])
      if (item.done !== true && item.value.type === 'block') {
        heights.push(item.value.height)
        transactions.push(item.value.block.transactions.length)
      }
    }
    expect(heights).toEqual([111, 112, 113, 114])
    expect(transactions).toEqual([2, 2, 2, 2])
    const [peer] = await bitcoind.rpc<PeerLine[]>('getpeerinfo')
    expect(peer?.bip152_hb_from).toBe(true)
    expect(peer?.bytessent_per_msg['cmpctblock']).toBeGreaterThan(0)
    // Everything was heard before: only the first block may have come whole, before anything was known of the
    // other.
    expect(peer?.bytessent_per_msg['blocktxn']).toBeUndefined()
    await stream.return?.()
  }, 120_000)
})

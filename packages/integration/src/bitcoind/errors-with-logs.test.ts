import { encodeBlock } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mineBlockOn } from '../regtest/apart-from-chain.ts'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { connectAll, syncAll } from './network-of.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'
import { submitChain } from './submit-chain.ts'

let one: RegtestBitcoind
let other: RegtestBitcoind
beforeAll(async () => {
  ;[one, other] = await Promise.all([RegtestBitcoind.start(), RegtestBitcoind.start()])
})
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()])
})

const ANY_ADDRESS = 'bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202'
const SCRIPT = Uint8Array.of(0x51)

/** A block whose header does not vouch for what is in it. */
function unvouched(): RegtestChain {
  const chain = new RegtestChain({ blocks: 0 })
  const { block } = mineBlockOn(chain, { tag: 'unvouched' })
  const [coinbase] = block.transactions
  const bytes = encodeBlock({ ...block, transactions: [{ ...coinbase!, lockTime: 7 }] })
  return { height: 1, at: () => ({ bytes }) } as unknown as RegtestChain
}

describe('an error of a bitcoind ends with the last lines of its log', () => {
  it.each<[what: string, code: string, fails: () => unknown]>([
    ['rpc', 'rpc-error', () => one.rpc('getblockhash', 1_000_000)],
    ['rpc of no method', 'rpc-error', () => one.rpc('no-such-method')],
    ['mine', 'rpc-error', () => one.mine(1, 'no address')],
    ['pay', 'check-failed', () => one.pay(SCRIPT, 1n)],
    ['setMockTime', 'rpc-error', () => one.setMockTime(-1)],
    ['waitForPeer', 'timeout', () => one.waitForPeer(/nobody/, 30)],
    ['log.expect', 'timeout', () => one.log.expect(/no such line/, { timeout: 30 })],
    ['submitChain', 'check-failed', () => submitChain(one, unvouched())],
    ['log.expectNothing', 'check-failed', () => one.log.expectNothing(/init/i)],
  ])('%s', async (_what, code, fails) => {
    // What is thrown at once is a rejection then, too.
    await expect(Promise.resolve().then(fails)).rejects.toMatchObject({
      code,
      log: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      message: expect.stringMatching(/\nThe last lines of bitcoind's log:\n\d{4}-/) as string,
    })
  })

  it('connectAll and syncAll, those of each', async () => {
    const both = expect.stringMatching(new RegExp(`${one.log.file}:\n[^]*\n${other.log.file}:\n`)) as string
    await one.mine(1, ANY_ADDRESS)
    await expect(syncAll([one, other], 30)).rejects.toMatchObject({ code: 'timeout', log: both })
    await other.rpc('setnetworkactive', false)
    await expect(connectAll([one, other], 30)).rejects.toMatchObject({ code: 'timeout', log: both })
  })

  it('an end of its own, and a start that comes to nothing', async () => {
    const log = expect.stringMatching(/^\d{4}-/) as string
    const doomed = await RegtestBitcoind.start({ keepOnFailure: true })
    await expect(
      RegtestBitcoind.start({ program: one.program, dataFolder: one.dataFolder }),
    ).rejects.toMatchObject({ code: 'process-exited', log })
    process.kill(doomed.process.pid, 'SIGKILL')
    await doomed.exited
    await expect(doomed.rpc('getblockcount')).rejects.toMatchObject({
      code: 'process-exited',
      log,
      message: expect.stringContaining(`Kept: ${doomed.dataFolder}`) as string,
    })
  })
})

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect, it, vi } from 'vitest'
import { findBitcoind } from './find-bitcoind.ts'
import { freePort } from '../programs/free-port.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'

vi.mock('../programs/free-port.ts', { spy: true })

async function takePort(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}

it('is reached by the RPC port, the user and the password that its arguments name', async () => {
  const port = await freePort()
  await using bitcoind = await RegtestBitcoind.start({
    args: [`-rpcport=${port}`, '-rpcuser=sapwood', '-rpcpassword=regtest'],
  })
  expect(bitcoind.rpcPort).toBe(port)
  expect(await bitcoind.rpc('getblockcount')).toBe(0)
  expect(existsSync(`${bitcoind.dataFolder}/regtest/.cookie`)).toBe(false)
})

it('tries another RPC port where the first is taken, beside a given port for peers and on the data of a restart', async () => {
  const taken = await takePort()
  const p2pPort = await freePort()
  vi.mocked(freePort).mockResolvedValueOnce(taken.port)
  const first = await RegtestBitcoind.start({ p2pPort })
  expect(first.p2pPort).toBe(p2pPort)
  expect(first.rpcPort).not.toBe(taken.port)
  await first.mine(3)
  vi.mocked(freePort).mockResolvedValueOnce(taken.port)
  await using again = await first.restart()
  expect(again.p2pPort).toBe(p2pPort)
  expect(again.rpcPort).not.toBe(taken.port)
  expect(await again.rpc('getblockcount')).toBe(3)
  taken.server.close()
})

it('says which port is taken where it was given', async () => {
  const taken = await takePort()
  const program = await findBitcoind()
  for (const options of [{ p2pPort: taken.port }, { args: [`-rpcport=${taken.port}`] }]) {
    await expect(RegtestBitcoind.start({ program, ...options })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(String(taken.port)) as string,
      log: expect.any(String) as string,
    })
  }
  taken.server.close()
})

it('takes a payment of its wallet, whatever lock time the wallet gives it', async () => {
  await using bitcoind = await RegtestBitcoind.start()
  await bitcoind.rpc('createwallet', 'payer')
  const address = await bitcoind.rpc<string>('getnewaddress')
  await bitcoind.mine(101, address)
  // What Knots keeps out by itself, and a wallet chooses now and then.
  const options = { locktime: 21 }
  const { txid } = await bitcoind.rpc<{ readonly txid: string }>(
    'send',
    { [address]: 1 },
    null,
    'unset',
    null,
    options,
  )
  expect(await bitcoind.rpc('getrawmempool')).toEqual([txid])
})

it('answers a call after its time to keep a connection has passed unseen', async () => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-rpcservertimeout=1'] })
  expect(await bitcoind.rpc('getblockcount')).toBe(0)
  // A computation, during which this process cannot see that bitcoind ends the connection.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
  expect(await bitcoind.rpc('getblockcount')).toBe(0)
})
